"""Embedding as a method."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.method import Json, Method, Model
from deepaas_plugins.methods.embedding.parameters import PredictParameters, TrainParameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.embedding.model import EmbeddingModel
    from spectra import FeatureSet


class Embedding(Method):
    """Lays spectra out on planes by similarity and finds spectra like a given one; unsupervised."""

    name: ClassVar[str] = "embedding"
    title: ClassVar[str] = "Embedding"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> EmbeddingModel:
        """Fit the planes, place all spectra on them, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows; labels are shown, not learned from.
        params : Json
            Of `TrainParameters`.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        EmbeddingModel
            The fitted planes and the references.

        Raises
        ------
        InvalidInput
            One spectrum, equal spectra, columns without values, or as many neighbours as spectra.
        Cancelled
            The run was asked to stop.
        """
        # scikit-learn takes a second to import: not for listing modules.
        from deepaas_plugins.methods.embedding.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> EmbeddingModel:
        """Read a saved model; it is arrays only and checked."""
        from deepaas_plugins.methods.embedding.model import load  # noqa: PLC0415 - see `train`

        return load(folder)
