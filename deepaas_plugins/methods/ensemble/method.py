"""The ensemble as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.ensemble.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.ensemble.model import EnsembleModel
    from spectra import FeatureSet


class Ensemble(Method):
    """Extremely randomised trees and random convolutions, weighted on left-out objects (Wolpert 1992)."""

    name: ClassVar[str] = "ensemble"
    title: ClassVar[str] = "Ensemble of trees and convolutions"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> EnsembleModel:
        """Train the members and the stack, measure them on held-out rows, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics and the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        EnsembleModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the rows have too few labels or columns for the parameters.
        """
        # scikit-learn takes a second to import: not for listing modules.
        from deepaas_plugins.methods.ensemble.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> EnsembleModel:
        """Read a saved model with its members; nothing is unpickled."""
        from deepaas_plugins.methods.ensemble.model import EnsembleModel  # noqa: PLC0415 - see `train`

        return EnsembleModel.load(folder)
