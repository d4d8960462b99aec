"""The parameters: each becomes a field of the form, with its title, help, range and default."""

from __future__ import annotations

from marshmallow import Schema
from spectra.steps.parameters import integer, number


class TrainSchema(Schema):
    """Parameters of training."""

    ridge = number("Ridge", "How strongly large weights are held down.", 1.0, above=0.0, maximum=1e6)
    batch = integer("Batch", "Spectra that the network takes at a time.", 256, minimum=1, maximum=65_536)


class PredictSchema(Schema):
    """Prediction has no parameters of its own."""
