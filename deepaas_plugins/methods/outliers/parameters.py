"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, validates_schema

from deepaas_plugins.methods.outliers.marks import marks_field
from deepaas_plugins.methods.spectral_features.fields import seed as seed_field
from deepaas_plugins.methods.unsupervised import fields as shared
from spectra.steps.parameters import boolean, integer, number

#: The detectors, in the order of reports, with the names that people read.
DETECTORS = {
    "isolation_forest": "Isolation forest",
    "lof": "Local outlier factor",
    "random_forest": "Unsupervised random forest",
    "pca": "PCA reconstruction",
    "autoencoder": "Autoencoder",
}


class TrainParameters(Schema):
    """Parameters of training."""

    isolation_forest = boolean(
        "Isolation forest", "How few random cuts part a spectrum from the others (Liu et al. 2008).", True
    )
    lof = boolean(
        "Local outlier factor",
        "How much sparser it is about a spectrum than about its neighbours (Breunig et al. 2000).",
        True,
    )
    random_forest = boolean(
        "Unsupervised random forest",
        "How rarely a spectrum shares leaves with others in a forest that tells real spectra from synthetic "
        "ones with the same marginal distributions (Baron & Poznanski 2017).",
        True,
    )
    pca = boolean("PCA reconstruction", "What principal components leave unexplained.", True)
    autoencoder = boolean("Autoencoder", "What a small neural network cannot reproduce.", True)
    standardise = boolean(
        "Standardise spectra",
        "Compare shapes: each spectrum gets mean 0 and deviation 1 over the points that it covers. Off: "
        "brightness and contrast count, and spectra of weak lines are not raised to their noise.",
        True,
    )
    shown = integer("Spectra shown", "Rows of the table of the oddest spectra.", 100, minimum=1, maximum=5000)
    sample_rows = shared.sample_rows(
        "the detectors are fitted to, drawn at random where there are more; all are scored."
    )
    neighbours = integer(
        "Neighbours",
        "Nearest spectra that the local outlier factor compares with; approximate beyond 20,000 spectra.",
        20,
        minimum=1,
        maximum=1000,
        advanced=True,
    )
    trees = integer("Trees", "Of each forest.", 200, minimum=10, maximum=2000, advanced=True)
    isolation_rows = integer(
        "Spectra of an isolation tree",
        "Spectra that each tree of the isolation forest is grown on.",
        256,
        minimum=2,
        maximum=100_000,
        advanced=True,
    )
    forest_rows = integer(
        "Spectra of the random forest",
        "Spectra that the unsupervised random forest is grown on, beside as many synthetic ones.",
        10_000,
        minimum=100,
        maximum=200_000,
        advanced=True,
    )
    components = integer(
        "Components",
        "Principal components of the reconstruction; fewer where spectra or columns are few.",
        20,
        minimum=1,
        maximum=500,
        advanced=True,
    )
    latent = shared.latent(1)
    epochs = shared.epochs()
    marks = marks_field()
    seed = seed_field("ranks")

    @validates_schema
    def _some_detector(self, data: dict[str, Any], **_: Any) -> None:
        """Reject a training without any detector."""
        if not any(data[name] for name in DETECTORS):
            raise ValidationError("every detector is switched off: switch one on.", "isolation_forest")


class PredictParameters(Schema):
    """Parameters of prediction."""

    outlier_quantile = number(
        "Outlier quantile",
        "A spectrum that is odder than this share of the training spectra is an outlier.",
        0.99,
        minimum=0.0,
        maximum=1.0,
    )
    marks = marks_field()
