"""Windows of curves, report views, and a recipe tried on a few spectra."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, validate, validates_schema

from dashboard.data.curve import MOST_POINTS
from dashboard.web.schemas.data import DatasetSchema
from dashboard.web.schemas.fields import (
    AnyObject,
    Listed,
    Number,
    NumberRanges,
    Part,
    Text,
    Whole,
    one_of,
    optional,
)
from dashboard.web.schemas.schema import LAST_PAGE, AnswerSchema, BodySchema, QuerySchema

PLOTTED = 500  # spectra in one plot
PLOT_POINTS = 4000
PLOT_VALUES = 1_000_000  # points of all curves of one plot together
MARKED_AT_ONCE = 100
LARGEST_MARK = 2**31 - 1
CORNERS = 500  # of a polygon
EXACT = 2**53 - 1  # the largest whole number that every JSON reader keeps


def points_of(default: int, most: int = MOST_POINTS) -> Any:
    """Return the field of the number of points of a curve."""
    return Whole("At most so many points of a curve", least=2, most=most, load_default=default)


class WindowQuery(QuerySchema):
    """The part of a curve, and its number of points."""

    points = points_of(2000)
    minimum = Number("Å, vacuum", load_default=None)
    maximum = Number("Å, vacuum", load_default=None)


class PlotQuery(WindowQuery):
    """The spectra of a common plot."""

    points = points_of(500, PLOT_POINTS)
    numbers = NumberRanges(f"Such as 1,2,5-9; at most {PLOTTED}", most=PLOTTED, required=True)
    errors = Text("true: with error and mask", metadata={"enum": ["true"]}, load_default="")
    facts = Text(
        "true: with what the list says of each spectrum and its position, as spectrum",
        metadata={"enum": ["true"]},
        load_default="",
    )

    @validates_schema(skip_on_field_errors=True)
    def _few(self, given: dict[str, Any], **_: Any) -> None:
        if len(given["numbers"]) * given["points"] > PLOT_VALUES:
            fewer = PLOT_VALUES // given["points"]
            raise ValidationError(f"At most {fewer} spectra with {given['points']} points each.", "numbers")


class ExportQuery(QuerySchema):
    """Which spectra are written into a file, and how."""

    numbers = NumberRanges(f"Such as 1,2,5-9; at most {PLOTTED}", most=PLOTTED, required=True)
    format = Text(
        "csv, or vot for a VOTable",
        metadata={"enum": ["csv", "vot"]},
        validate=one_of(("csv", "vot")),
        load_default="csv",
    )


class ViewQuery(QuerySchema):
    """The first component plane of a view's answer."""

    first = Whole("First component plane", least=0, most=2**31, load_default=0)


class MarkQuery(WindowQuery):
    """The page of the spectra of a mark."""

    points = points_of(500)
    page = Whole("From 1", least=1, most=LAST_PAGE, load_default=1)
    size = Whole(f"At most {MARKED_AT_ONCE}", least=1, most=MARKED_AT_ONCE, load_default=20)


class SelectionCreateSchema(BodySchema):
    """A dataset of what is selected in a report: rows, or marks of a view, or a polygon around points."""

    name = Text("Of the new dataset", required=True)
    rows = optional(Listed, Whole(least=0, most=EXACT), "Rows of the method's input, as tables name them")
    view = optional(Text, "Id of the view of the marks or of the polygon")
    marks = optional(Listed, Whole(least=0, most=LARGEST_MARK), "Such as cells of a map")
    polygon = optional(
        Listed,
        Listed(Number(), validate=validate.Length(equal=2, error="must be two numbers")),
        f"Corners [x, y] around points of a scatter plot, 3 to {CORNERS}",
        validate=validate.Length(3, CORNERS, error=f"must have 3 to {CORNERS} corners"),
    )


class JobDatasetCreateSchema(BodySchema):
    """A dataset of the spectra that a job made or prepared."""

    name = optional(Text, "Of the new dataset; left out: that of the job")


class SelectionSchema(AnswerSchema):
    """The dataset that was made of a selection."""

    dataset = Part(DatasetSchema, required=True)
    left_out = Whole("Selected rows whose spectra the original dataset does not hold any more", required=True)


class PreviewCreateSchema(BodySchema):
    """A recipe, and the spectra to apply it to (a few of every class where none are named)."""

    dataset = Text("Id of the dataset", required=True)
    recipe = optional(AnyObject, "Preprocessing steps; null: none")
    rows = optional(Listed, Whole(least=0, most=EXACT), "Numbers of spectra")
    points = points_of(1000)


class ViewListSchema(AnswerSchema):
    """The views of a job's report, without their data."""

    job = Text(required=True)
    views = Listed(AnyObject(), required=True)


class PlotSchema(AnswerSchema):
    """Curves of many spectra."""

    curves = Listed(AnyObject(), required=True)
    rejected = Listed(AnyObject(), "Numbers that cannot be plotted, with the reason", required=True)
