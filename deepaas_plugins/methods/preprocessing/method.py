"""Preprocessing as a method."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.preprocessing.parameters import PredictSchema, TrainSchema
from deepaas_plugins.methods.preprocessing.recipe import with_parameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW


class Preprocessing(ImportedMethod):
    """Prepare spectra: read, cut, resample, scale, reduce; the result is a feature set for other methods."""

    name: ClassVar[str] = "preprocessing"
    title: ClassVar[str] = "Preprocessing"
    train_schema = TrainSchema
    predict_schema = PredictSchema
    needs_labels: ClassVar[bool] = False
    domain: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    done: ClassVar[str] = "The feature set is ready."
    trained_by: ClassVar[str] = "deepaas_plugins.methods.preprocessing.report:report"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.preprocessing.model:Preparation.load"

    def recipe_for(self, params: Json, given: Mapping[str, Any] | None) -> Json:
        """Return the given recipe, or the default one, with the steps that the parameters ask for."""
        return with_parameters(given if given is not None else self.default_recipe, params)
