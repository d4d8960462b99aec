"""Parameters of random convolutions."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.spectral_features import fields as shared
from deepaas_plugins.methods.spectral_features.representation import SINGLE
from spectra.steps.parameters import boolean, choice, integer, number


class TrainSchema(Schema):
    """Parameters of training."""

    task = choice(
        "Task",
        "Learn classes, or a number (the labels are then numbers).",
        ["classification", "regression"],
        "classification",
    )
    groups = shared.groups()
    segments = integer(
        "Segments",
        "Parts of the wavelength range that features are counted in: 1 ignores where a line is.",
        8,
        minimum=1,
        maximum=64,
    )
    folds = shared.folds()
    test_fraction = number(
        "Test fraction",
        "Share of the objects that is held out: the model does not see them and is evaluated on them.",
        0.0,
        minimum=0.0,
        maximum=0.9,
    )
    representation = choice(
        "Representation",
        "What is convolved: the prepared flux, its logarithm, or either minus a wide Gaussian (high-pass), "
        "which needs no continuum to be divided out.",
        list(SINGLE),
        "flux",
    )
    high_pass_width = shared.high_pass_width()
    smoothing = shared.smoothing()
    prior_step = boolean(
        "Prior step",
        "Shift each class by what is best for balanced accuracy on training objects that were left out.",
        True,
    )
    object_weight = shared.object_weight(0.5)
    class_balance = shared.class_balance()
    oversampling = shared.oversampling(
        "penalty and prior step are found without them; with those there are at most maximum_rows."
    )
    points = shared.points()
    maximum_rows = integer(
        "Most spectra",
        "Of more labelled spectra so many are drawn, by weight; time grows with their cube, memory with "
        "their square.",
        5000,
        minimum=100,
        maximum=20_000,
        advanced=True,
    )
    random_split = shared.random_split(default=True)
    seed = shared.seed("kernels and folds")
