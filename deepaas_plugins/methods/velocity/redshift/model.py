"""The model of redshifts: the recipe and the grid; the sets of templates are made when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.spectral_features.answers import check_columns
from deepaas_plugins.methods.velocity.redshift.solver import RedshiftSolver, Solution

Floats = npt.NDArray[np.float64]

#: Below so great a difference of χ² to the next redshift, over its scale, a redshift is weak.
LEAST_MARGIN = 15.0
#: Quality of a redshift.
FLAGS = ("no flux", "weak", "good")


@dataclass
class RedshiftModel(Model):
    """Finds redshifts as those of the job were found.

    Attributes
    ----------
    recipe
        See `Model`.
    solver
        Of the grid.
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    solver: RedshiftSolver
    parameters: Mapping[str, Any]

    def __post_init__(self) -> None:
        self.classes = None

    @classmethod
    def of(cls, recipe: spectra.Recipe, wavelength: Floats, parameters: Mapping[str, Any]) -> Self:
        """Make a model for a grid.

        Parameters
        ----------
        recipe : Recipe
            Of the spectra.
        wavelength : ndarray
            Å in vacuum, shape (columns,).
        parameters : mapping
            Of `TrainParameters`.

        Raises
        ------
        InvalidInput
            Redshifts cannot be found on the grid.
        """
        return cls(recipe, RedshiftSolver.of(wavelength, parameters["highest_redshift"]), parameters)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="velocity",
            recipe=self.recipe.to_json(),
            wavelength=self.solver.wavelength.tolist(),
            parameters=dict(self.parameters),
        )

    def save_files(self, folder: Path) -> None:
        """Write nothing: recipe, grid and parameters are the whole model."""

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:  # noqa: ARG002 - it has none
        """Find redshifts: ``redshift, sigma, label, kind, chi2, margin, second, second_label, flag``.

        Raises
        ------
        InvalidInput
            The rows have another number of columns.
        """
        check_columns(batch.flux.shape[1], len(self.solver.wavelength))
        return [
            {"name": name, **answer(self.solver.solve(flux), flux)}
            for name, flux in zip(batch.names, batch.flux, strict=True)
        ]


def flag_of(solution: Solution, flux: npt.NDArray[np.floating]) -> str:
    """Return the quality of a redshift, one of `FLAGS`.

    Parameters
    ----------
    solution : Solution
        Of the spectrum.
    flux : ndarray
        Of it, shape (columns,).
    """
    if not np.any(flux):
        return "no flux"
    return "good" if solution.margin >= LEAST_MARGIN and np.isfinite(solution.sigma) else "weak"


def answer(solution: Solution, flux: npt.NDArray[np.floating]) -> Json:
    """Return what is answered for a spectrum; parameters as of `flag_of`, figures without value are None.

    Parameters
    ----------
    solution : Solution
        Of the spectrum.
    flux : ndarray
        Of it, shape (columns,).
    """
    flag = flag_of(solution, flux)
    if flag == "no flux":
        return {"label": None, "flag": flag, "redshift": None, "sigma": None}
    figures = {
        "redshift": solution.redshift,
        "sigma": solution.sigma,
        "chi2": solution.chi2,
        "margin": solution.margin,
        "second": solution.second,
    }
    plain = {key: float(value) if np.isfinite(value) else None for key, value in figures.items()}
    return {
        "label": solution.name,
        "kind": solution.kind,
        "flag": flag,
        **plain,
        "second_label": solution.second_name,
    }
