"""What the platform knows of the method before it imports anything heavy."""

from __future__ import annotations

from typing import Any, ClassVar

from deepaas_plugins.contract.imported_method import ImportedMethod
from deepaas_plugins.pipeline.default_recipe import HALPHA_WINDOW

from {{ package }}.parameters import PredictSchema, TrainSchema


class Method(ImportedMethod):
    """{{ summary }}"""

    name: ClassVar[str] = "{{ name }}"
    title: ClassVar[str] = "{{ title }}"
    train_schema = TrainSchema
    predict_schema = PredictSchema
    needs_labels: ClassVar[bool] = True
    # How raw spectra become rows of numbers; people may choose another recipe in the form.
    default_recipe: ClassVar[dict[str, Any]] = HALPHA_WINDOW
    trained_by: ClassVar[str] = "{{ package }}.training:train"
    loaded_by: ClassVar[str] = "{{ package }}.model:TrainedModel.load"
