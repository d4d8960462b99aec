"""Random convolutions as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.method import Json, Method
from deepaas_plugins.methods.convolutions.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.convolutions.model import ConvolutionModel
    from spectra import FeatureSet


class Convolutions(Method):
    """Random convolution features (HYDRA) and a ridge, for classes and numbers, cross-validated by object."""

    name: ClassVar[str] = "convolutions"
    title: ClassVar[str] = "Random convolutions"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    number_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("regression",)})
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    default_recipe: ClassVar[Json] = HALPHA_WINDOW

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> ConvolutionModel:
        """Train a ridge on random convolution features, measure it on held-out rows, and report.

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
        ConvolutionModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the rows have too few labels or columns for the parameters.
        """
        # scikit-learn, for splits and baselines, takes a second to import: not for listing modules.
        from deepaas_plugins.methods.convolutions.training import train  # noqa: PLC0415 - see above

        return train(features, params, run)

    def load(self, folder: Path) -> ConvolutionModel:
        """Read a saved model; it is arrays only and checked."""
        from deepaas_plugins.methods.convolutions.model import ConvolutionModel  # noqa: PLC0415 - see `train`

        return ConvolutionModel.load(folder)
