"""Velocity as a method."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.velocity.parameters import PredictParameters, TrainParameters

#: The optical on a logarithmic grid of 20 km/s, on which a velocity is a shift.
LOGARITHMIC: Json = {
    "schema": 1,
    "steps": [
        {"step": "mask"},
        {"step": "resample", "minimum": 4000.0, "maximum": 6800.0, "points": 7950, "sampling": "log"},
        {"step": "scale", "method": "median"},
    ],
}


class Velocity(ImportedMethod):
    """Measures radial velocities by correlation with templates, of one star or of two, and redshifts."""

    name: ClassVar[str] = "velocity"
    title: ClassVar[str] = "Radial velocity and redshift"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = LOGARITHMIC
    # Every answer has a quality flag of its own.
    domain: ClassVar[bool] = False
    done: ClassVar[str] = "All velocities are measured."
    trained_by: ClassVar[str] = "deepaas_plugins.methods.velocity.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.velocity.model:load"
