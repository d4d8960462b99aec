"""The parameters: each becomes a field of the form, with its title, help, range and default."""

from __future__ import annotations

from marshmallow import Schema
from spectra.steps.parameters import integer, number


class TrainSchema(Schema):
    """Parameters of training."""

    epochs = integer("Epochs", "How often the network sees every spectrum.", 30, minimum=1, maximum=10_000)
    learning_rate = number("Learning rate", "Length of a step of Adam.", 0.003, above=0.0, maximum=1.0)


class PredictSchema(Schema):
    """Prediction has no parameters of its own."""
