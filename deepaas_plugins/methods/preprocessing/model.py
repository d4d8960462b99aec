"""The "model" of preprocessing: its recipe, with what the steps learned."""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard


class Preparation(Model):
    """Prepares spectra as those of the job were prepared."""

    classes = None

    def __init__(self, recipe: spectra.Recipe, parameters: Json, wavelength: npt.ArrayLike | None) -> None:
        self.recipe = recipe
        self.parameters = parameters
        self.wavelength = None if wavelength is None else np.asarray(wavelength, dtype=np.float64)

    def card(self) -> ModelCard:
        """Describe the recipe."""
        return ModelCard(
            method="preprocessing",
            recipe=self.recipe.to_json(),
            wavelength=None if self.wavelength is None else self.wavelength.tolist(),
            parameters=self.parameters,
        )

    def save_files(self, folder: Path) -> None:
        """Write nothing: the recipe is the whole model."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a saved model.

        Raises
        ------
        InvalidInput, RecipeError
            The card or the recipe is missing or damaged.
        """
        card = ModelCard.load(folder)
        return cls(spectra.Recipe.load(folder / "recipe"), dict(card.parameters), card.wavelength)

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:  # noqa: ARG002 - it has none
        """Return the prepared spectra: `features`, over `wavelength` (Å, vacuum) where there still is one."""
        grid = None if batch.wavelength is None else batch.wavelength.tolist()
        return [
            {"name": name, "wavelength": grid, "features": row}
            for name, row in zip(batch.names, batch.flux.tolist(), strict=True)
        ]
