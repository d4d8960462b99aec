"""Parameters of training and prediction."""

from __future__ import annotations

from marshmallow import Schema

from spectra.steps.parameters import boolean, choice, integer, number


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
    points = integer(
        "Points",
        "Longer spectra are averaged down to at most so many points; 0 for no limit.",
        1100,
        minimum=0,
        maximum=65_536,
        advanced=True,
    )
    maximum_rows = integer(
        "Most spectra",
        "Of more labelled spectra so many are drawn; time grows with their square.",
        5000,
        minimum=100,
        maximum=20_000,
        advanced=True,
    )
    random_split = boolean(
        "Random split",
        "Also cross-validate with spectra of one object on both sides, to show how much that would flatter; "
        "done only where objects have several spectra, and takes as long as the folds.",
        False,
        advanced=True,
    )
    seed = integer(
        "Seed", "The same seed gives the same model.", 0, minimum=0, maximum=2**32 - 1, advanced=True
    )


class PredictSchema(Schema):
    """Parameters of prediction."""

    intervals = boolean("Intervals", "Answer with the interval and σ of every value.", True)
