"""Parameters of random convolutions."""

from __future__ import annotations

from marshmallow import Schema

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
    groups = integer(
        "Groups of kernels",
        "Groups of 8 random kernels that compete, for each dilation: more are slower and a little better.",
        16,
        minimum=1,
        maximum=64,
    )
    segments = integer(
        "Segments",
        "Parts of the wavelength range that features are counted in: 1 ignores where a line is.",
        8,
        minimum=1,
        maximum=64,
    )
    folds = integer(
        "Folds",
        "Parts of the cross-validation, split by object where objects are known; 0 or 1 for none.",
        5,
        minimum=0,
        maximum=50,
    )
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
    high_pass_width = number(
        "Width of the high-pass",
        "Standard deviation of the Gaussian that is subtracted.",
        40.0,
        minimum=1.0,
        maximum=1000.0,
        unit="points",
        advanced=True,
    )
    smoothing = number(
        "Smoothing",
        "Standard deviation of the Gaussian that smooths spectra first; 0 for none.",
        0.0,
        minimum=0.0,
        maximum=100.0,
        unit="points",
        advanced=True,
    )
    prior_step = boolean(
        "Prior step",
        "Shift each class by what is best for balanced accuracy on training objects that were left out.",
        True,
    )
    object_weight = number(
        "Weight of repeated spectra",
        "A spectrum weighs (spectra of its object) to the power of minus this; 1 makes objects weigh alike.",
        0.5,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    class_balance = number(
        "Class balance",
        "Power of the balance of classes: 0 leaves frequent classes their weight, 1 makes all weigh alike.",
        0.7,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    points = integer(
        "Points",
        "Longer spectra are averaged down to at most so many points.",
        512,
        minimum=32,
        maximum=4096,
        advanced=True,
    )
    maximum_rows = integer(
        "Most spectra",
        "Of more labelled spectra so many are drawn, by weight; time grows with their cube, memory with "
        "their square.",
        5000,
        minimum=100,
        maximum=20_000,
        advanced=True,
    )
    random_split = boolean(
        "Random split",
        "Also cross-validate with spectra of one object on both sides, to show how much that would flatter; "
        "done only where objects have several spectra, and takes as long as the folds.",
        True,
        advanced=True,
    )
    seed = integer(
        "Seed",
        "The same seed gives the same kernels and folds.",
        0,
        minimum=0,
        maximum=2**32 - 1,
        advanced=True,
    )


class PredictSchema(Schema):
    """Parameters of prediction."""

    probabilities = boolean("Probabilities", "Answer with the probability of every class.", True)
