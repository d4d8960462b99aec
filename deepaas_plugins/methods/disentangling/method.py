"""Disentangling as a method."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.disentangling.parameters import PredictParameters, TrainParameters

#: The region of Hα, its continuum divided out, on a logarithmic grid of about 9 km/s.
RECIPE: Json = {
    "schema": 1,
    "steps": [
        {"step": "cutout", "minimum": 6440.0, "maximum": 6690.0},
        {"step": "continuum", "method": "polynomial", "operation": "divide", "degree": 3},
        {"step": "resample", "minimum": 6450.0, "maximum": 6680.0, "points": 1200, "sampling": "log"},
    ],
}


class Disentangling(ImportedMethod):
    """Separates the component spectra of a multiple star and finds its orbit."""

    name: ClassVar[str] = "disentangling"
    title: ClassVar[str] = "Disentangling"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = RECIPE
    # A model is of one star: χ² says whether a spectrum is of it.
    domain: ClassVar[bool] = False
    done: ClassVar[str] = "The components are separated."
    trained_by: ClassVar[str] = "deepaas_plugins.methods.disentangling.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.disentangling.model:load"
