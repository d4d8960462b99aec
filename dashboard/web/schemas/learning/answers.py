"""Answers about learning sessions and their rounds."""

from __future__ import annotations

from dashboard.learning.session import EntryKind, SessionState
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

ROUND_STATES = ("waiting", "running", "failed", "selecting", "labelling")


class LearningSessionSchema(OwnedSchema):
    """A pool, classes, settings and rounds."""

    id = Text(required=True)
    name = Text(required=True)
    created = Time()
    dataset = Text("Id of the pool", required=True)
    dataset_name = Text(required=True)
    label_set = Text("Id of the label set that has its labels", required=True)
    settings = AnyObject(required=True)
    state = Choice(SessionState, required=True)
    reason = Text("Why it is finished")
    parent = optional(Text, "Session that it was forked from")
    parent_round = optional(Whole)
    ended = optional(Time)


class EstimateSchema(AnswerSchema):
    """A share, estimated from a sample."""

    value = optional(Number, "Null: the sample is empty")
    low = Number("Lower end of the interval of 95 %", required=True)
    high = Number(required=True)
    right = Whole(required=True)
    of = Whole("In the sample", required=True)


class FiguresSchema(AnswerSchema):
    """What the labels of a round's spectra say."""

    number = Whole(required=True)
    entries = by_name(Whole(), "Selected spectra by kind")
    answered = by_name(Whole(), "Those that are labelled, skipped or called unsure")
    labelled = Whole(required=True)
    conflicting = Whole(required=True)
    unsure = Whole(required=True)
    targets = Whole("Of the labelled ones", required=True)
    complete = Flag(required=True)
    precision = Part(EstimateSchema, required=True)
    by_class = by_name(Part(EstimateSchema), "The same for each target")
    recall = Part(EstimateSchema, required=True)


class LearningRoundSchema(AnswerSchema):
    """A round."""

    number = Whole(required=True)
    job = Text(required=True)
    settings = AnyObject(required=True)
    last_event = Whole("Of the label set's log: the labels of the round", required=True)
    version = optional(Text, "The version of the label set with these labels")
    created = Time()
    state = Choice(ROUND_STATES, required=True)
    reason = Text()
    result = optional(AnyObject)
    queue = optional(Text, "Of the batch")
    sample_queue = optional(Text, "Of the samples")
    model = optional(Text, "Id of the model of the round")
    figures = optional(Part, FiguresSchema)


class LearningSessionPageSchema(AnswerSchema):
    """A session with its rounds."""

    session = Part(LearningSessionSchema, required=True)
    rounds = Listed(Part(LearningRoundSchema), required=True)


class LearningEntrySchema(AnswerSchema):
    """A spectrum that a round selected."""

    position = Whole(required=True)
    kind = Choice(EntryKind, required=True)
    row = Whole("Number of the spectrum in the dataset", required=True)
    name = Text(required=True)
    label = optional(Text, "What the model predicts")
    probability = optional(Number)
    score = optional(Number, "Of the strategy")
    stratum = optional(Whole)
    given = optional(Text, "The label of today")


class LearningRoundPageSchema(AnswerSchema):
    """A round with what it selected."""

    round = Part(LearningRoundSchema, required=True)
    entries = Listed(Part(LearningEntrySchema), required=True)


class CandidateSchema(AnswerSchema):
    """A spectrum of the ranked list."""

    rank = Whole(required=True)
    row = Whole("Of the pool", required=True)
    name = Text(required=True)
    path = Text(required=True)
    number = optional(Whole, "In the dataset; null: it is not there any more")
    label = Text("What the model predicts", required=True)
    probability = Number("Of the targets together", required=True)
    state = Text("Of its label")
    given = optional(Text, "The label of today")


class CandidateListSchema(AnswerSchema):
    """The ranked list of a round."""

    round = optional(Whole, "Null: no round has a list yet")
    job = optional(Text)
    candidates = Listed(Part(CandidateSchema), required=True)
    total = Whole(required=True)


class LearningPreviewSchema(AnswerSchema):
    """What the first batch would be."""

    spectra = Listed(AnyObject(), required=True)
    note = Text(required=True)


LearningSessionListSchema = listing("sessions", LearningSessionSchema)
LearningSessionAnswerSchema = single("session", LearningSessionSchema)
LearningRoundAnswerSchema = single("round", LearningRoundSchema)
