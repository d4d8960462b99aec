"""Parameters of training and prediction."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.spectral_features import fields as shared
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
    decision = shared.decision()
    trees = integer("Trees", "How many trees the forest has.", 300, minimum=1, maximum=10_000)
    representation = choice(
        "Representation",
        "What trees see: the prepared flux, its logarithm minus a wide Gaussian (high-pass), and stacks with "
        "a derivative.",
        list(REPRESENTATIONS),
        "standard_high_pass_derivative",
    )
    groups = shared.groups()
    folds = shared.folds()
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
    object_weight = shared.object_weight(0.5)
    class_balance = shared.class_balance()
    feature_fraction = number(
        "Fraction of features",
        "Share of the features that each split of a tree chooses from; 0 for the root of their number.",
        0.0,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    min_samples_leaf = integer("Smallest leaf", "Fewest spectra in a leaf.", 2, minimum=1, advanced=True)
    high_pass_width = shared.high_pass_width()
    smoothing = shared.smoothing(
        "Standard deviation of the Gaussian that smooths spectra first, for the trees; 0 for none."
    )
    points = shared.points()
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
    random_split = shared.random_split(default=False)
    seed = shared.seed()
