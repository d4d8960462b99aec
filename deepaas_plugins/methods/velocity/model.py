"""The model: the recipe, and the templates on its grid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from marshmallow import ValidationError

import spectra
from deepaas_plugins.contract.arrays_file import read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.velocity.measuring import Meter, answers, speed
from deepaas_plugins.methods.velocity.parameters import TrainParameters
from deepaas_plugins.methods.velocity.templates import Grid

Floats = npt.NDArray[np.float64]

TEMPLATES = "templates.npz"
#: Rows that are correlated at a time.
CHUNK = 64


@dataclass
class VelocityModel(Model):
    """Measures spectra as those of the job were measured.

    Attributes
    ----------
    recipe
        See `Model`.
    grid
        Of the spectra.
    names
        Of the templates.
    templates
        Shape (templates, columns + 2 reach).
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    grid: Grid
    names: list[str]
    templates: Floats
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.classes = None
        self.meter = Meter(self.grid, self.templates, self.parameters)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="velocity",
            recipe=self.recipe.to_json(),
            wavelength=self.grid.wavelength.tolist(),
            parameters=dict(self.parameters),
        )

    def save_files(self, folder: Path) -> None:
        """Write the templates."""
        arrays = {"templates": self.templates.astype(np.float32), "names": np.array(self.names)}
        np.savez(folder / TEMPLATES, allow_pickle=False, **arrays)

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:  # noqa: ARG002 - it has none
        """Measure spectra.

        Raises
        ------
        InvalidInput
            The rows have another number of columns.
        """
        check_columns(batch.flux.shape[1], len(self.grid.wavelength))
        found: list[Json] = []
        for first in range(0, len(batch.names), CHUNK):
            here = slice(first, first + CHUNK)
            measured = self.meter.measure(batch.flux[here])
            some = answers(list(batch.names[here]), self.names, measured)
            for answer, pair in zip(some, measured.pairs or (), strict=False):
                both = speed(np.array(pair.places) * self.grid.step).tolist()
                answer |= {"velocity_1": both[0], "velocity_2": both[1]}
                answer |= {
                    "ratio": pair.ratio,
                    "double": pair.double,
                    "template_2": self.names[pair.template],
                }
            found += some
        return found


def load(folder: Path) -> Model:
    """Read a model that `VelocityModel.save` wrote, or one of redshifts.

    Raises
    ------
    InvalidInput
        It is none, or it is damaged.
    """
    card = ModelCard.load(folder)
    try:
        parameters = TrainParameters().load(dict(card.parameters))
        if card.wavelength is None or len(card.wavelength) < 2:
            raise ValueError("model.json has no wavelengths")
        wavelength = np.asarray(card.wavelength, dtype=np.float64)
        if parameters["measure"] == "redshift":
            from deepaas_plugins.methods.velocity.redshift.model import RedshiftModel  # noqa: PLC0415 - its own

            return RedshiftModel.of(spectra.Recipe.load(folder / "recipe"), wavelength, parameters)
        arrays = read_arrays(folder / TEMPLATES)
        grid = Grid.of(wavelength, parameters["highest"])
        templates = arrays["templates"].astype(np.float64)
        names = [str(one) for one in arrays["names"]]
        if templates.shape != (len(names), len(grid.wavelength) + 2 * grid.reach):
            raise ValueError("its templates are on another grid")
    except (ValueError, KeyError, ValidationError) as error:
        raise InvalidInput(f"{folder} is damaged: {error}. The model is not loaded.") from error
    return VelocityModel(spectra.Recipe.load(folder / "recipe"), grid, names, templates, parameters)
