"""Predictions of a deployment, and asynchronous ones."""

from __future__ import annotations

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
from dashboard.web.schemas.schema import AnswerSchema, QuerySchema, listing, single
from deploy.deferred.record import PredictionState

LONGEST_WAIT_S = 60


class WaitQuery(QuerySchema):
    """The longest wait for an answer; the deploy service reads it."""

    wait = Number(f"Seconds to wait for its end, at most {LONGEST_WAIT_S}", load_default=0.0)


class SpectraUploadSchema(AnswerSchema):
    """One or many spectra."""

    data = Text(metadata={"format": "binary"}, required=True)


class AsynchronousPredictionSchema(AnswerSchema):
    """An asynchronous prediction."""

    id = Text(required=True)
    deployment = Text(required=True)
    state = Choice(PredictionState, required=True)
    reason = Text(required=True)
    caller = Text()
    gateway = Text()
    version = optional(Whole)
    spectra = optional(Whole)
    size = Whole()
    answer_size = optional(Whole)
    content_type = optional(Text)
    created = Time(required=True)
    started = optional(Time)
    ended = optional(Time)
    expires = optional(Time)
    address = Text(required=True)
    result = optional(Text, required=True)


class DomainCauseSchema(AnswerSchema):
    """What of a spectrum is not as in the training set."""

    what = Text("flux, coverage, resolution or snr")
    measure = Text("How it was measured: coverage, sampling, resolution (as stated), detail or snr")
    state = Text("edge or outside")
    value = Number("Of the spectrum; of the flux its distance")
    quantile = Number("Share of the training spectra with a smaller value")
    low = Number("Smallest value of the training set")
    high = Number("Largest value of the training set")
    reason = Text()


class DomainSchema(AnswerSchema):
    """Whether a spectrum is like those that the model was trained on."""

    state = Text("inside, edge or outside")
    reason = Text()
    causes = Listed(Part(DomainCauseSchema))
    quantile = Number("Share of held-out training spectra that are nearer in flux")
    distance = Number("1 where the domain ends")


class PredictedSchema(AnswerSchema):
    """The prediction of one spectrum."""

    name = Text()
    label = Text()
    probabilities = by_name(Number())
    calibrated = Flag()
    set = Listed(Text())
    coverage = Number()
    value = Number()
    sigma = Number()
    interval = Listed(Number())
    domain = Part(DomainSchema)


class PredictedListSchema(AnswerSchema):
    """Predictions, and the spectra that were rejected."""

    results = Listed(Part(PredictedSchema))
    rejected = Listed(AnyObject())
    model = AnyObject()


class PredictionSchema(AnswerSchema):
    """The answer of DEEPaaS."""

    status = Text()
    predictions = Part(PredictedListSchema, required=True)


class WrongArgumentsSchema(AnswerSchema):
    """The answer of DEEPaaS to wrong arguments: messages by name."""


AsynchronousListSchema = listing("predictions", AsynchronousPredictionSchema)
AsynchronousAnswerSchema = single("prediction", AsynchronousPredictionSchema)
