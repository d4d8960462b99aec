"""The ensemble as a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.ensemble.parameters import TrainSchema
from deepaas_plugins.methods.spectral_features.fields import ProbabilitiesSchema
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW


class Ensemble(ImportedMethod):
    """Extremely randomised trees and random convolutions, weighted on left-out objects (Wolpert 1992)."""

    name: ClassVar[str] = "ensemble"
    title: ClassVar[str] = "Ensemble of trees and convolutions"
    train_schema = TrainSchema
    predict_schema = ProbabilitiesSchema
    needs_labels: ClassVar[bool] = True
    class_labels: ClassVar[Mapping[str, Sequence[str]]] = MappingProxyType({"task": ("classification",)})
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    trained_by: ClassVar[str] = "deepaas_plugins.methods.ensemble.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.ensemble.model:EnsembleModel.load"
