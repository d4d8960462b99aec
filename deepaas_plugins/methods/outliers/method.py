"""Outliers as a method."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.outliers.parameters import PredictParameters, TrainParameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW


class Outliers(ImportedMethod):
    """Finds odd spectra by several detectors side by side and shows what is odd in each; unsupervised."""

    name: ClassVar[str] = "outliers"
    title: ClassVar[str] = "Outliers"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    # The scores themselves say how unlike the training set a spectrum is.
    domain: ClassVar[bool] = False
    trained_by: ClassVar[str] = "deepaas_plugins.methods.outliers.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.outliers.model:load"
