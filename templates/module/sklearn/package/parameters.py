"""The parameters: each becomes a field of the form, with its title, help, range and default."""

from __future__ import annotations

from marshmallow import Schema
from spectra.steps.parameters import integer


class TrainSchema(Schema):
    """Parameters of training."""

    trees = integer("Trees", "How many trees vote.", 100, minimum=1, maximum=10_000)
    leaf = integer("Leaf", "The fewest spectra in a leaf; more makes smoother answers.", 2, minimum=1, maximum=1000)


class PredictSchema(Schema):
    """Prediction has no parameters of its own."""
