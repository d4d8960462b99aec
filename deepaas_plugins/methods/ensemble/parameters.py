"""Parameters of training and prediction."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS
from spectra.steps.parameters import boolean, choice, integer, number


class TrainSchema(Schema):
    """Parameters of training."""

    task = choice(
        "Task",
        "Learn classes, or ordinal classes: steps of a scale, given as numbers or spectral types such as "
        "M7.5; the answer is then the median of the probabilities.",
        ["classification", "ordinal"],
        "classification",
    )
    trees = integer("Trees", "How many trees the forest has.", 300, minimum=1, maximum=10_000)
    representation = choice(
        "Representation",
        "What trees see: the prepared flux, its logarithm minus a wide Gaussian (high-pass), and stacks with "
        "a derivative.",
        list(REPRESENTATIONS),
        "standard_high_pass_derivative",
    )
    groups = integer(
        "Groups of kernels",
        "Groups of 8 random kernels that compete, for each dilation: more are slower and a little better.",
        16,
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
    prior_step = boolean(
        "Prior step",
        "Weigh each class by what is best for balanced accuracy on training objects that were left out.",
        True,
    )
    inner_folds = integer(
        "Inner folds",
        "Parts of each training part, on which the weights of the members are tuned.",
        3,
        minimum=2,
        maximum=10,
        advanced=True,
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
    feature_fraction = number(
        "Fraction of features",
        "Share of the features that each split of a tree chooses from; 0 for the root of their number.",
        0.0,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    min_samples_leaf = integer("Smallest leaf", "Fewest spectra in a leaf.", 2, minimum=1, advanced=True)
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
        "Standard deviation of the Gaussian that smooths spectra first, for the trees; 0 for none.",
        0.0,
        minimum=0.0,
        maximum=100.0,
        unit="points",
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
    templates = boolean(
        "Distances to templates",
        "Trees also learn from the distances to the median spectrum of each class of the training part.",
        False,
        advanced=True,
    )
    segments = integer(
        "Segments",
        "Parts of the wavelength range that convolutions are counted in: 1 ignores where a line is.",
        8,
        minimum=1,
        maximum=64,
        advanced=True,
    )
    maximum_rows = integer(
        "Most spectra",
        "More labelled spectra than this are rejected: time grows with their cube, memory with their square.",
        10_000,
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

    probabilities = boolean("Probabilities", "Answer with the probability of every class.", True)
