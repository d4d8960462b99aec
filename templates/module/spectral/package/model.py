"""The trained model: what is saved, and how spectra are answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from deepaas_plugins.contract.method import Model
from deepaas_plugins.contract.model_card import ModelCard
from spectra import Batch, Recipe

from {{ package }}.estimator import Estimator


class TrainedModel(Model):
    """An estimator with the recipe by which spectra are prepared for it."""

    def __init__(self, estimator: Estimator, recipe: Recipe, classes: Any, params: Any, wavelength: Any) -> None:
        self.estimator = estimator
        self.recipe = recipe
        self.classes = classes
        self.params = params
        self.wavelength = wavelength

    def card(self) -> ModelCard:
        """Return what is known of the model."""
        return ModelCard(
            method="{{ name }}",
            recipe=self.recipe.to_json(),
            classes=self.classes,
            calibrated=None if self.classes is None else False,
            wavelength=None if self.wavelength is None else list(self.wavelength),
            parameters=self.params,
        )

    def save_files(self, folder: Path) -> None:
        """Write the estimator's files."""
        self.estimator.save(folder)

    @classmethod
    def load(cls, folder: Path) -> TrainedModel:
        """Return a saved model; nothing in the folder is unpickled."""
        card = ModelCard.load(folder)
        classes = None if card.classes is None else list(card.classes)
        recipe = Recipe.load(folder / "recipe")
        return cls(Estimator.load(folder), recipe, classes, dict(card.parameters), card.wavelength)

    def predict(self, batch: Batch, params: dict[str, Any]) -> list[dict[str, Any]]:
        """Return one answer per row."""
        outputs = self.estimator.outputs(batch.flux)
{% if task == "Regression" %}
        return [
            {"name": name, "value": float(row[0])} for name, row in zip(batch.names, outputs, strict=True)
        ]
{% else %}
        return [
            {
                "name": name,
                "label": self.classes[int(row.argmax())],
                "probabilities": dict(zip(self.classes, map(float, row), strict=True)),
                "calibrated": False,
            }
            for name, row in zip(batch.names, outputs, strict=True)
        ]
{% endif %}
