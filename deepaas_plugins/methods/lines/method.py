"""Lines as a method."""

from __future__ import annotations

from typing import ClassVar

from marshmallow import Schema

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.contract.method import Json
from deepaas_plugins.methods.lines.parameters import PredictParameters, TrainParameters

#: Hα with continuum to both sides, in pixels of 0.75 Å. The flux keeps its zero: equivalent widths need it.
AROUND_HALPHA: Json = {
    "schema": 1,
    "steps": [
        {"step": "cutout", "minimum": 6490.0, "maximum": 6700.0},
        {
            "step": "resample",
            "minimum": 6490.0,
            "maximum": 6700.0,
            "points": 281,
            "method": "flux-conserving",
        },
        {"step": "scale", "method": "median"},
    ],
}


class Lines(ImportedMethod):
    """Finds, identifies and measures lines, and classifies the profile of one of them."""

    name: ClassVar[str] = "lines"
    title: ClassVar[str] = "Lines"
    train_schema: ClassVar[type[Schema]] = TrainParameters
    predict_schema: ClassVar[type[Schema]] = PredictParameters
    needs_labels: ClassVar[bool] = False
    default_recipe: ClassVar[Json] = AROUND_HALPHA
    # Figures are measured on each spectrum alone: they hold wherever the line is covered.
    domain: ClassVar[bool] = False
    done: ClassVar[str] = "All lines are measured."
    trained_by: ClassVar[str] = "deepaas_plugins.methods.lines.training:train"
    loaded_by: ClassVar[str] = "deepaas_plugins.methods.lines.model:load"
