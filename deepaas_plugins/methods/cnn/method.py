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
from deepaas_plugins.pipeline.start import reject_test_set

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
    starts: ClassVar[bool] = True
    kept_by_start: ClassVar[Sequence[str]] = (
        "task",
        "architecture",
        "representation",
        "high_pass_width",
        "smoothing",
        "points",
    )
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.cnn.model:NetworkModel.load"

    def train(
        self,
        features: FeatureSet,
        params: Json,
        run: Run,
        start: Model | None = None,
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
            A network whose weights the members of the model begin with.

        Returns
        -------
        NetworkModel
            The trained model.

        Raises
        ------
        InvalidInput
            If the labels or columns do not suffice, the start model is of other outputs, a test set is asked
            for beside it, or this image has no TensorFlow.
        """
        if start is not None:
            reject_test_set(params)
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
        from deepaas_plugins.methods.cnn.model import NetworkModel  # noqa: PLC0415 - see above

        if start is not None and not isinstance(start, NetworkModel):
            raise InvalidInput("The start model is no network.")
        return train(features, params, run, start)
