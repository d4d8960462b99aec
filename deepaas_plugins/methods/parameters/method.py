"""Parameters of stars as a method."""

from __future__ import annotations

from typing import ClassVar

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.parameters.parameters import PredictSchema, TrainSchema

#: The optical range in which the lines of temperature, gravity and metallicity lie.
OPTICAL: Json = {
    "schema": 1,
    "steps": [
        {
            "step": "resample",
            "minimum": 3900.0,
            "maximum": 6800.0,
            "points": 1000,
            "sampling": "log",
            "method": "flux-conserving",
        },
        {"step": "scale", "method": "median"},
    ],
}


class Parameters(ImportedMethod):
    """Kernel machines and trees on representations of spectra, weighted on left-out objects."""

    name: ClassVar[str] = "parameters"
    title: ClassVar[str] = "Stellar parameters"
    train_schema = TrainSchema
    predict_schema = PredictSchema
    needs_labels: ClassVar[bool] = True
    named_numbers: ClassVar[bool] = True
    default_recipe: ClassVar[Json] = OPTICAL
    trained_by: ClassVar[str] = "deepaas_plugins.methods.parameters.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.parameters.model:ParameterModel.load"
