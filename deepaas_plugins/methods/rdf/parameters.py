"""Parameters of the forest."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.spectral_features import fields as shared
from deepaas_plugins.methods.spectral_features.prior import PRIORS
from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS
from spectra.steps.parameters import boolean, choice, integer, number

#: Criteria by task; "auto" is the first of each.
CRITERIA = {
    "classification": ("gini", "entropy", "log_loss"),
    "regression": ("squared_error", "absolute_error", "poisson"),
}


#: The variant that is no forest.
BOOSTED = "gradient_boosting"


class TrainSchema(Schema):
    """Parameters of training."""

    task = choice(
        "Task",
        "Learn classes, a number (the labels are then numbers), or ordinal classes: steps of a scale, given "
        "as numbers or spectral types such as M7.5; the answer is then the median of the probabilities.",
        [*CRITERIA, "ordinal"],
        "classification",
    )
    decision = shared.decision()
    trees = integer("Trees", "How many trees the forest has.", 300, minimum=1, maximum=10_000)
    variant = choice(
        "Variant",
        "Random forest: the best split of a random choice of features. Extremely randomised trees: random "
        "splits of them; faster, and often smoother on spectra. Gradient boosting: each tree corrects the "
        "sum of those before it; a few hundred shallow ones, on objects by the thousands.",
        ["random_forest", "extra_trees", BOOSTED],
        "random_forest",
    )
    folds = shared.folds()
    test_fraction = number(
        "Test fraction",
        "Share of the objects that is held out: the forest does not see them and is evaluated on them.",
        0.0,
        minimum=0.0,
        maximum=0.9,
    )
    calibration = choice(
        "Calibration",
        "How class probabilities are corrected by what the cross-validation saw; needs folds.",
        ["none", "sigmoid", "isotonic"],
        "none",
    )
    class_weight = choice(
        "Class weight",
        "balanced: rare classes weigh as much as frequent ones; balanced_subsample: counted for each tree; "
        "power: balanced to the power of class_balance, objects counted as they weigh.",
        ["none", "balanced", "balanced_subsample", "power"],
        "balanced_subsample",
    )
    oversampling = shared.oversampling("class weights are then not used, nor is there an out-of-bag score.")
    representation = choice(
        "Representation",
        "What trees see: the prepared flux, its logarithm minus a wide Gaussian (high-pass), and stacks "
        "with a derivative, which need no continuum to be divided out.",
        list(REPRESENTATIONS),
        "flux",
    )
    prior = choice(
        "Prior step",
        "Weight of the classes in the answer: root_count divides by the root of the spectra of a class, "
        "tuned seeks the best balanced accuracy on left-out training objects (trains four times as long).",
        list(PRIORS),
        "none",
    )
    object_weight = shared.object_weight(0.0)
    class_balance = shared.class_balance(
        "Used where the class weight is power: 0 leaves frequent classes their weight, 1 makes all alike."
    )
    high_pass_width = shared.high_pass_width()
    smoothing = shared.smoothing()
    points = shared.points_or_all(0)
    templates = boolean(
        "Distances to templates",
        "Also learn from the distances to the median spectrum of each class of the training part.",
        False,
        advanced=True,
    )
    learning_rate = number(
        "Learning rate",
        "Of gradient boosting: share of its correction that each tree makes.",
        0.1,
        above=0.0,
        maximum=1.0,
        advanced=True,
    )
    max_leaves = integer(
        "Leaves", "Of gradient boosting: most leaves of a tree.", 31, minimum=2, maximum=10_000, advanced=True
    )
    max_features = choice(
        "Features per split",
        "How many features each split chooses from: root or logarithm of their number, all, or a fraction.",
        ["sqrt", "log2", "all", "fraction"],
        "sqrt",
        advanced=True,
    )
    feature_fraction = number(
        "Fraction of features",
        "Used where features per split is a fraction.",
        0.3,
        above=0.0,
        maximum=1.0,
        advanced=True,
    )
    min_samples_split = integer(
        "Smallest node to split", "Nodes with fewer spectra are not split.", 2, minimum=2, advanced=True
    )
    min_samples_leaf = integer("Smallest leaf", "Fewest spectra in a leaf.", 1, minimum=1, advanced=True)
    max_depth = integer(
        "Depth", "Deepest level of a tree; empty for no limit.", None, minimum=1, advanced=True
    )
    criterion = choice(
        "Criterion",
        "Measure of a split; auto is gini for classes and squared_error for numbers.",
        ["auto", *CRITERIA["classification"], *CRITERIA["regression"]],
        "auto",
        advanced=True,
    )
    bootstrap = boolean(
        "Bootstrap",
        "Each tree sees a random sample, which gives the out-of-bag score; else each sees all spectra.",
        True,
        advanced=True,
    )
    permutation_importance = boolean(
        "Permutation importance",
        "Also measure what is lost when stretches of the spectrum are shuffled (slow).",
        False,
        advanced=True,
    )
    random_split = shared.random_split(default=True)
    seed = shared.seed("forest")
    threads = integer(
        "Threads", "0: as many as the job has processors.", 0, minimum=0, maximum=1024, advanced=True
    )
