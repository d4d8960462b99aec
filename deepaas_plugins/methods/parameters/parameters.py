"""Parameters of training and prediction."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.spectral_features import fields as shared
from spectra.steps.parameters import choice, integer, number


class TrainSchema(Schema):
    """Parameters of training."""

    folds = integer(
        "Folds",
        "Parts of the cross-validation, split by object where objects are known.",
        5,
        minimum=2,
        maximum=50,
    )
    components = integer(
        "Principal components",
        "Of each representation, on which the kernel machines work.",
        60,
        minimum=1,
        maximum=500,
    )
    trees = integer("Trees", "Of the forest beside the kernel machines.", 100, minimum=1, maximum=2000)
    coverage = number(
        "Coverage", "Share of true values that lie in an interval.", 0.9, minimum=0.5, maximum=0.99
    )
    target_scale = choice(
        "Scale of the values",
        "auto learns the logarithm of values that are all above 100 and span a factor of 2, such as "
        "temperatures; linear takes all as they are.",
        ["auto", "linear"],
        "auto",
        advanced=True,
    )
    high_pass_width = shared.high_pass_width()
    smoothing = shared.smoothing()
    points = shared.points_or_all(1100)
    maximum_rows = integer(
        "Most spectra",
        "Of more labelled spectra so many are drawn; time grows with their square.",
        5000,
        minimum=100,
        maximum=20_000,
        advanced=True,
    )
    random_split = shared.random_split(default=False)
    seed = shared.seed()


class PredictSchema(Schema):
    """Prediction has no parameters."""
