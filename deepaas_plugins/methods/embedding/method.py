"""Embedding as a method."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.embedding.parameters import PredictParameters, TrainParameters
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW


class Embedding(ImportedMethod):
    """Lays spectra out on planes by similarity and finds spectra like a given one; unsupervised."""

    name: ClassVar[str] = "embedding"
    title: ClassVar[str] = "Embedding"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = HALPHA_WINDOW
    trained_by: ClassVar[str] = "deepaas_plugins.methods.embedding.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.embedding.model:load"
