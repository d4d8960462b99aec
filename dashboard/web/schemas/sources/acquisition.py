"""Acquisitions and their records."""

from __future__ import annotations

from dashboard.data.acquisition.acquisition import AcquisitionState, RecordState
from dashboard.web.schemas.fields import Choice, Flag, Listed, Number, Part, Text, Time, Whole, optional
from dashboard.web.schemas.schema import AnswerSchema, BodySchema, PageQuery, single


class AcquisitionCreateSchema(BodySchema):
    """A new acquisition: its records are listed."""

    name = optional(Text, "Name of the dataset; empty: that of the source", load_default="")
    fetch = Flag("Whether all records are fetched once they are listed", load_default=False)
    only_new = Flag("Whether records that were fetched before are left out", load_default=False)
    by_reference = Flag(
        "Whether the dataset points at the records, of which none is fetched now", load_default=False
    )


class AcquisitionStartSchema(BodySchema):
    """Which of the listed records are fetched."""

    name = optional(Text, "Name of the dataset; empty: as before", load_default="")
    numbers = optional(Text, "Numbers of records, such as 1-50,60; empty: all", load_default="")
    q = optional(Text, "Words in name, title or object; empty: all", load_default="")
    by_reference = Flag(
        "Whether the dataset points at the records, of which none is fetched now", load_default=False
    )


class AcquisitionAgainSchema(BodySchema):
    """What is fetched once more."""

    what = Choice(
        ("failed", "all"),
        "failed: what failed or was not tried, into the same dataset; all: everything, into a new one",
        required=True,
    )


class RecordQuery(PageQuery):
    """Which records to list."""

    q = Text("Words in name, title or object", load_default="")
    state = Choice(RecordState, "Only in this state", load_default="")


class NoticeSchema(AnswerSchema):
    """One thing to know of a list."""

    kind = Text("overflow, limit, skipped or service", required=True)
    detail = Text("The service's own words, or what was skipped")


class AcquisitionSchema(AnswerSchema):
    """An acquisition."""

    id = Text(required=True)
    source = Text(required=True)
    state = Choice(AcquisitionState, required=True)
    fault = Text("Why there is no list, or why it was ended early; empty: neither")
    detail = Text("What was seen then")
    name = Text("Of the dataset")
    dataset = optional(Text, "Id of the dataset")
    created = Time()
    ended = optional(Time)
    listed = Whole("Records of the list", required=True)
    chosen = Whole("Records that are or were to be fetched")
    fetched = Whole(required=True)
    failed = Whole(required=True)
    queued = Whole("Records that are still to be fetched")
    bytes = Whole("Fetched")
    expected_bytes = Whole("Of all records, as the list says")
    by_reference = Flag("Whether its dataset points at the records")
    notices = Listed(Part(NoticeSchema))


class RecordSchema(AnswerSchema):
    """A record."""

    number = Whole(required=True)
    address = Text()
    name = Text("As the source has it")
    path = Text("In the dataset")
    title = Text()
    label = Text()
    object = Text()
    ra = optional(Number, "Degrees, ICRS")
    dec = optional(Number, "Degrees, ICRS")
    size = optional(Whole, "Bytes, as the list says")
    state = Choice(RecordState, required=True)
    fault = Text()
    detail = Text()
    attempts = Whole()
    bytes = optional(Whole, "Fetched")


AcquisitionAnswerSchema = single("acquisition", AcquisitionSchema)


class AcquisitionPageSchema(AnswerSchema):
    """An acquisition with a page of its records."""

    acquisition = Part(AcquisitionSchema, required=True)
    records = Listed(Part(RecordSchema), required=True)
    total = Whole("Records that match")
