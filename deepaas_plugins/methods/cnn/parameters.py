"""Parameters of training and prediction."""

from __future__ import annotations

from marshmallow import Schema

from deepaas_plugins.methods.cnn.networks.architectures import DROPOUT
from deepaas_plugins.methods.spectral_features import fields as shared
from deepaas_plugins.methods.spectral_features.representation import REPRESENTATIONS
from spectra.steps.parameters import boolean, choice, integer, number


class NetworkParameters(Schema):
    """What is trained."""

    task = choice(
        "Task",
        "Learn classes, or numbers: the labels are then numbers, or several with names, such as "
        "teff=5780; logg=4.44, of which some may be missing.",
        ["classification", "regression"],
        "classification",
    )
    architecture = choice(
        "Architecture",
        "small: three strided convolutions, the fastest; residual: kernels of three widths with squeeze and "
        "excitation; attention: the same with an attention over wavelength after it; published: six "
        "convolutions and two dense layers of 512 units (Škoda et al. 2020).",
        list(DROPOUT),
        "small",
    )
    members = integer(
        "Members",
        "Networks that are trained with different seeds and averaged; each takes as long as the first.",
        1,
        minimum=1,
        maximum=20,
    )
    teacher = choice(
        "Teacher",
        "A larger network that is trained first on the same spectra, and from whose answers this one learns "
        "as well as from the labels (distillation); training takes as long as both.",
        ["none", "residual", "published"],
        "none",
    )
    dropout = number(
        "Dropout",
        "Share of features that are left out at random in training; empty for the architecture's own.",
        None,
        minimum=0.0,
        maximum=0.9,
        advanced=True,
    )
    representation = choice(
        "Representation",
        "What the network sees: the prepared flux, its logarithm, high-pass, derivative, or several of them "
        "as channels.",
        list(REPRESENTATIONS),
        "flux",
        advanced=True,
    )
    high_pass_width = shared.high_pass_width()
    smoothing = shared.smoothing()
    points = shared.points_or_all(1024)


class CourseParameters(NetworkParameters):
    """How it is trained."""

    epochs = integer("Epochs", "Passes over the training set, at most.", 60, minimum=1, maximum=10_000)
    patience = integer(
        "Patience",
        "Training stops after so many epochs in which the validation loss did not fall; 0: never.",
        15,
        minimum=0,
        maximum=10_000,
    )
    validation_fraction = number(
        "Validation fraction",
        "Share of the objects that decides when training stops; the network does not learn from them.",
        0.15,
        minimum=0.0,
        maximum=0.5,
        advanced=True,
    )
    batch_size = integer("Batch size", "Spectra of a step.", 64, minimum=2, maximum=4096, advanced=True)
    learning_rate = number("Learning rate", "The greatest of the schedule.", 0.002, above=0.0, maximum=1.0)
    schedule = choice(
        "Schedule",
        "one_cycle: the learning rate rises over a quarter of the epochs, then falls to 0; cosine: it falls; "
        "constant: it stays.",
        ["one_cycle", "cosine", "constant"],
        "one_cycle",
        advanced=True,
    )
    weight_decay = number("Weight decay", "Of AdamW.", 1e-3, minimum=0.0, maximum=1.0, advanced=True)
    averaging = number(
        "Averaging",
        "Decay of the moving average of the weights (EMA), which is what predicts; 0: the last weights do.",
        0.98,
        minimum=0.0,
        maximum=0.9999,
        advanced=True,
    )
    loss = choice(
        "Loss",
        "cross_entropy, or focal (Lin et al. 2017), by which spectra that are easily classified count less. "
        "Numbers are learned with the Huber loss.",
        ["cross_entropy", "focal"],
        "cross_entropy",
        advanced=True,
    )
    label_smoothing = number(
        "Label smoothing",
        "Share of the target that is spread over all classes.",
        0.05,
        minimum=0.0,
        maximum=0.5,
        advanced=True,
    )
    object_weight = shared.object_weight(0.5)
    class_balance = shared.class_balance()
    oversampling = shared.oversampling("the balance of classes is then not used for learning.")
    mixed_precision = boolean(
        "Mixed precision",
        "On a GPU that has bfloat16, compute in it: faster, of little effect on quality. Never on a CPU.",
        True,
        advanced=True,
    )


class AugmentationParameters(CourseParameters):
    """How spectra are changed at random in training."""

    noise = number(
        "Added noise",
        "Greatest noise that is added, in units of the noise of each spectrum, which is measured in its own "
        "flux (feature sets have no inverse variances).",
        0.5,
        minimum=0.0,
        maximum=10.0,
        advanced=True,
    )
    radial_velocity = number(
        "Radial velocity",
        "Spectra are shifted by velocities up to this, either way.",
        0.0,
        minimum=0.0,
        maximum=30_000.0,
        unit="km/s",
        advanced=True,
    )
    tilt = number(
        "Continuum tilt",
        "Standard deviation of a random slope and curvature, in standard deviations of the flux.",
        0.0,
        minimum=0.0,
        maximum=5.0,
        advanced=True,
    )
    blur = number(
        "Lower resolution",
        "Greatest standard deviation of a Gaussian by which spectra are smoothed.",
        0.0,
        minimum=0.0,
        maximum=50.0,
        unit="points",
        advanced=True,
    )
    gaps = number(
        "Gaps",
        "Greatest share of the points that are cut out in one piece.",
        0.0,
        minimum=0.0,
        maximum=0.9,
        advanced=True,
    )
    mixup = number(
        "Mixup",
        "Parameter of the beta distribution by which two spectra and their targets are mixed (Zhang et al. "
        "2018); 0: none.",
        0.2,
        minimum=0.0,
        maximum=10.0,
        advanced=True,
    )


class TrainSchema(AugmentationParameters):
    """Parameters of training."""

    folds = shared.folds()
    test_fraction = number(
        "Test fraction",
        "Share of the objects that is held out: the model does not see them and is evaluated on them.",
        0.0,
        minimum=0.0,
        maximum=0.9,
    )
    prior_step = boolean(
        "Prior step",
        "Shift each class by what is best for balanced accuracy on objects that were left out; needs folds.",
        True,
        advanced=True,
    )
    coverage = number(
        "Coverage",
        "Share of true values that lie in an interval, where several numbers are learned.",
        0.9,
        minimum=0.5,
        maximum=0.99,
        advanced=True,
    )
    random_split = shared.random_split(default=True)
    maximum_rows = integer(
        "Most spectra",
        "Of more labelled spectra so many are drawn.",
        200_000,
        minimum=100,
        maximum=10_000_000,
        advanced=True,
    )
    seed = shared.seed()
