"""Convolutional networks as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.cnn.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

if TYPE_CHECKING:
    from deepaas_plugins.contract.method import Model
    from deepaas_plugins.contract.run import Run
    from deepaas_plugins.methods.cnn.model import NetworkModel
    from spectra import FeatureSet


class ConvolutionalNetwork(ImportedMethod):
    """Networks for classes and numbers, cross-validated by object, served without TensorFlow."""

    name: ClassVar[str] = "cnn"
    title: ClassVar[str] = "Convolutional network"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    number_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("regression",)})
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    named_numbers: ClassVar[bool] = True
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.cnn.model:NetworkModel.load"

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,  # noqa: ARG002 - cannot start from one
    ) -> NetworkModel:
        """Train networks, measure them on held-out objects, and report.

        Parameters
        ----------
        features : FeatureSet
            The prepared rows.
        params : Json
            Checked parameters.
        run : Run
            Takes progress, metrics, checkpoints and the report.
        start : Model or None
            None: the method cannot start from a model.

        Returns
        -------
        NetworkModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the labels or columns do not suffice, or this image has no TensorFlow.
        """
        # TensorFlow takes seconds to import: not for listing modules, and never for predictions.
        try:
            from deepaas_plugins.methods.cnn.training import train  # noqa: PLC0415 - see above
        except ModuleNotFoundError as error:
            if error.name not in ("keras", "tensorflow"):
                raise
            raise InvalidInput(
                f"Training needs {error.name}, which this image has not: it serves models only. Train in the "
                "module's training image."
            ) from error
        return train(features, params, run)
