"""Random convolutions as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.convolutions.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW


class Convolutions(ImportedMethod):
    """Random convolution features (HYDRA) and a ridge, for classes and numbers, cross-validated by object."""

    name: ClassVar[str] = "convolutions"
    title: ClassVar[str] = "Random convolutions"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    number_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("regression",)})
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    trained_by: ClassVar[str] = "deepaas_plugins.methods.convolutions.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.convolutions.model:ConvolutionModel.load"
