"""Answers about label sets."""

from __future__ import annotations

from dashboard.labels.current import LabelState
from dashboard.labels.event import EventKind
from dashboard.web.schemas.fields import (
    AnyObject,
    Choice,
    Flag,
    Listed,
    Number,
    Part,
    Text,
    Time,
    Whole,
    by_name,
    optional,
)
from dashboard.web.schemas.schema import AnswerSchema, OwnedSchema, listing, single


class LabelSetSchema(OwnedSchema):
    """Who said what about which spectrum of a dataset."""

    id = Text(required=True)
    name = Text(required=True)
    created = Time()
    dataset = Text("Id", required=True)
    dataset_name = Text(required=True)
    classes = Listed(Text(), required=True)
    events = Whole("Number of the last event of the log", required=True)


class RejectedEventSchema(AnswerSchema):
    """An event that was not stored."""

    key = Text(required=True)
    reason = Text(required=True)


class AppendedSchema(AnswerSchema):
    """What became of events."""

    stored = Listed(Text(), "Keys that are stored now", required=True)
    known = Listed(Text(), "Keys that were stored before", required=True)
    rejected = Listed(Part(RejectedEventSchema), required=True)


class LabelEventSchema(AnswerSchema):
    """An event of the log."""

    number = Whole(required=True)
    key = Text(required=True)
    kind = Choice(EventKind, required=True)
    row = Whole(required=True)
    name = Text()
    path = Text()
    label = optional(Text)
    labeller = Text(required=True)
    time = Time()


class LabelEventListSchema(AnswerSchema):
    """A part of a log; `next` is where the following part begins."""

    events = Listed(Part(LabelEventSchema), required=True)
    next = optional(Whole)


class SpectrumLabelSchema(AnswerSchema):
    """What people say about one spectrum."""

    row = Whole(required=True)
    name = Text(required=True)
    state = Choice(LabelState, required=True)
    label = optional(Text, "The class that is agreed or decided")
    labels = by_name(Text(), "Class by labeller")
    comments = Listed(AnyObject())


class LabelVersionSchema(AnswerSchema):
    """An immutable version."""

    id = Text(required=True)
    label_set = Text(required=True)
    number = Whole(required=True)
    parent = optional(Text)
    last_event = Whole()
    sha256 = Text(required=True)
    counts = AnyObject()
    note = Text()
    creator = Text()
    created = Time()


class VersionLabelSchema(AnswerSchema):
    """The class of one spectrum in a version."""

    row = Whole(required=True)
    name = Text(required=True)
    path = Text(required=True)
    label = Text(required=True)


class VersionLabelsSchema(AnswerSchema):
    """A version with its labels."""

    version = Part(LabelVersionSchema, required=True)
    labels = Listed(Part(VersionLabelSchema), required=True)


class AgreementSchema(AnswerSchema):
    """How far two people agree."""

    first = Text(required=True)
    second = Text(required=True)
    both = Whole("Spectra that both labelled", required=True)
    agreed = Whole(required=True)
    kappa = optional(Number, "Cohen's; null where chance alone agrees always")


class QueueSchema(AnswerSchema):
    """An ordered list of spectra to label."""

    id = Text(required=True)
    label_set = Text(required=True)
    name = Text(required=True)
    owner = Text()
    created = Time()
    origin = AnyObject(required=True)
    blind = Flag()
    copies = Whole()
    rows = Whole(required=True)
    decides = Flag("Whether labels given in it settle conflicts")


class LabellerProgressSchema(AnswerSchema):
    """What one person has done."""

    labeller = Text(required=True)
    done = Whole(required=True)
    last_hour = Whole(required=True)


class QueueProgressSchema(AnswerSchema):
    """How far a queue is."""

    total = Whole(required=True)
    done = Whole(required=True)
    labellers = Listed(Part(LabellerProgressSchema))


class QueueItemSchema(AnswerSchema):
    """A spectrum of a queue."""

    position = Whole(required=True)
    row = Whole("Number of the spectrum when the queue was made: events name it", required=True)
    number = optional(Whole, "Its number in the dataset today; null: it has left the dataset")
    name = Text(required=True)
    opinion = optional(AnyObject, "What a model says")
    leased = optional(Time, "Until when it is yours alone")
    done = optional(Time)
    mine = optional(AnyObject, "Of one's own: the key, the kind and the class of the last answer")


class ItemListSchema(AnswerSchema):
    """Spectra of a queue."""

    items = Listed(Part(QueueItemSchema), required=True)
    progress = Part(QueueProgressSchema)


class ImportedSchema(AnswerSchema):
    """What a table of labels did."""

    stored = Whole("Events that are new", required=True)
    known = Whole("Events of this table that were there before", required=True)
    rejected = Listed(AnyObject(), "Lines that were not used, the first of them, with the reason")
    rejected_count = Whole(required=True)


LabelSetListSchema = listing("label_sets", LabelSetSchema)
LabelSetAnswerSchema = single("label_set", LabelSetSchema)
SpectrumLabelListSchema = listing("labels", SpectrumLabelSchema)
VersionListSchema = listing("versions", LabelVersionSchema)
VersionAnswerSchema = single("version", LabelVersionSchema)
AgreementListSchema = listing("agreement", AgreementSchema)
QueueListSchema = listing("queues", QueueSchema)
QueueAnswerSchema = single("queue", QueueSchema)
