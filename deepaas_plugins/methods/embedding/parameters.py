"""Parameters of training and prediction, as forms show them."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validates_schema

from deepaas_plugins.methods.spectral_features.fields import seed as seed_field
from deepaas_plugins.methods.unsupervised import fields as shared
from spectra.steps.parameters import boolean, choice, integer, number

#: The planes, in the order of reports, with the names that people read.
LAYOUTS = {"pca": "PCA", "umap": "UMAP", "tsne": "t-SNE", "autoencoder": "Autoencoder"}
#: Where distances are measured.
SPACES = ("pca", "autoencoder")


class TrainParameters(Schema):
    """Parameters of training."""

    pca = boolean("PCA", "The plane of the two first principal components.", True)
    umap = boolean(
        "UMAP", "Neighbours stay neighbours, groups keep some of their order (McInnes et al. 2018).", True
    )
    tsne = boolean("t-SNE", "Neighbours stay neighbours (van der Maaten & Hinton 2008); the slowest.", True)
    autoencoder = boolean("Autoencoder", "The plane of the latent space of a small neural network.", True)
    standardise = boolean(
        "Standardise spectra",
        "Compare shapes: each spectrum gets mean 0 and deviation 1 over the points that it covers. For "
        "spectra whose recipe does not scale them; where lines are weak it raises the noise.",
        False,
    )
    space = choice(
        "Search in",
        "Where spectra are similar: along the principal components, or in the autoencoder's latent space.",
        SPACES,
        "pca",
    )
    neighbours = integer(
        "Neighbours",
        "Of UMAP: few show fine groups, many the whole.",
        15,
        minimum=2,
        maximum=1000,
    )
    perplexity = number(
        "Perplexity",
        "Of t-SNE: about how many neighbours count.",
        30.0,
        minimum=1.0,
        maximum=1000.0,
        advanced=True,
    )
    minimum_distance = number(
        "Minimum distance",
        "Of UMAP: how near to each other points may lie.",
        0.1,
        minimum=0.0,
        maximum=1.0,
        advanced=True,
    )
    umap_epochs = integer(
        "UMAP epochs",
        "Empty: 500 for few spectra, 200 for many.",
        None,
        minimum=1,
        maximum=10_000,
        advanced=True,
    )
    layout_rows = integer(
        "Spectra laid out",
        "Spectra that UMAP and t-SNE are fitted to, drawn at random where there are more; the others are "
        "placed beside their nearest ones. t-SNE takes 20,000 at most.",
        20_000,
        minimum=50,
        maximum=200_000,
        advanced=True,
    )
    sample_rows = shared.sample_rows(
        "the frame and the autoencoder are fitted to, drawn at random where there are more."
    )
    references = integer(
        "References",
        "Training spectra that the model keeps and finds again, drawn at random where there are more.",
        200_000,
        minimum=10,
        maximum=2_000_000,
        advanced=True,
    )
    components = integer(
        "Components",
        "Principal components; fewer where spectra or columns are few.",
        30,
        minimum=2,
        maximum=500,
        advanced=True,
    )
    latent = shared.latent(2)
    epochs = shared.epochs()
    stability_runs = integer(
        "Runs for stability",
        "Layouts by other seeds, of 1,000 spectra, that are compared with each other; 0 or 1 for none.",
        3,
        minimum=0,
        maximum=20,
        advanced=True,
    )
    seed = seed_field("layouts")

    @validates_schema
    def _some_layout(self, data: dict[str, Any], **_: Any) -> None:
        """Reject a training without any layout."""
        if not any(data[name] for name in LAYOUTS):
            raise ValidationError("every layout is switched off: switch one on.", "pca")


class PredictParameters(Schema):
    """Parameters of prediction."""

    similar = integer(
        "Similar spectra", "Nearest training spectra in each answer.", 5, minimum=0, maximum=100
    )
    like = fields.String(
        load_default=None,
        allow_none=True,
        metadata={
            "title": "Like",
            "description": "Name, or row number, of a training spectrum: the answer then lists spectra like "
            "that one, not those like the uploaded one.",
            "unit": "",
            "group": "advanced",
        },
    )
