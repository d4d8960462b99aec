"""Requests for a comparison of runs."""

from __future__ import annotations

from dashboard.web.schemas.fields import (
    AnyObject,
    Anything,
    Choice,
    Flag,
    Listed,
    Number,
    Part,
    Text,
    Whole,
    optional,
)
from dashboard.web.schemas.jobs import JobSchema
from dashboard.web.schemas.schema import AnswerSchema, PageQuery, QuerySchema

FORMATS = ("csv", "latex")


class ComparisonQuery(QuerySchema):
    """Which runs to compare."""

    jobs = Listed(Text(), "Ids of jobs, separated by commas or repeated; the first 20 count", load_default=())
    all = Flag("Show what is equal in all runs, too", load_default=False)


class ComparisonTableQuery(ComparisonQuery):
    """Which metrics to write, and how."""

    format = Choice(FORMATS, "csv: all digits; latex: a tabular of four digits", load_default="csv")


class ChangesQuery(PageQuery):
    """Which spectra to list."""

    to = Text("The job to compare with", required=True)
    view = Text("Id of the confusion matrix in both reports", load_default="confusion")
    true = Text("Only those of this true class", load_default="")
    predicted = Text("Only those that one of the runs predicts as this class", load_default="")


class RowSchema(AnswerSchema):
    """One property of all runs."""

    name = Text(required=True)
    values = Listed(Anything("", metadata={}), "One for each run", required=True)
    absent = Listed(Whole(), "Runs that do not have it, by index")
    differs = Flag(required=True)


class MetricSchema(AnswerSchema):
    """One metric of all runs."""

    name = Text(required=True)
    title = Text(required=True)
    better = optional(Text, "higher or lower; null where no report says")
    values = Listed(
        Number(allow_none=True), "One for each run; null where it lacks the metric", required=True
    )
    best = Listed(Whole(), "The runs with the best value, by index", required=True)
    differs = Flag(required=True)


class ComparisonSchema(AnswerSchema):
    """Runs side by side."""

    runs = Listed(Part(JobSchema), required=True)
    absent = Listed(Text(), "Ids of jobs that are not there, or not the caller's to see", required=True)
    left_out = Listed(Text(), "Ids beyond the most that are compared", required=True)
    metrics = Listed(Part(MetricSchema), required=True)
    parameters = Listed(Part(RowSchema), required=True)
    settings = Listed(Part(RowSchema), required=True)
    groups = Listed(AnyObject(), "Runs that differ in their seed alone, with mean and sd of metrics")
    matrices = Listed(AnyObject(), "Differences of confusion matrices to the first run's")
    pivot = optional(AnyObject, "The most telling metric over modules and datasets")


class ChangedSpectrumSchema(AnswerSchema):
    """A spectrum that two runs predict differently."""

    name = Text(required=True)
    url = optional(Text, "Of the original")
    true = Text(required=True)
    before = Text("Predicted by the first run", required=True)
    after = Text("Predicted by the second run", required=True)
    first_row = Whole("In the first run's feature set", required=True)
    second_row = Whole("In the second run's feature set", required=True)


class ChangesSchema(AnswerSchema):
    """The spectra that two runs predict differently."""

    first = Text("Id of the first job", required=True)
    second = Text("Id of the second job", required=True)
    classes = Listed(Text(), required=True)
    changes = Listed(Part(ChangedSpectrumSchema), required=True)
    total = Whole(required=True)
    common = Whole("Spectra that both predicted", required=True)
    only_first = Whole(required=True)
    only_second = Whole(required=True)
