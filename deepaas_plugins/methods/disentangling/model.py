"""A model: the components of a star and its orbit; it measures velocities in further spectra."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

import spectra
from deepaas_plugins.contract.arrays_file import checked_array, read_arrays
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json, Model
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.methods.disentangling.epochs import deviations, gaps
from deepaas_plugins.methods.disentangling.measuring import Components, Measured, measure
from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS, SYSTEMS
from deepaas_plugins.methods.disentangling.orbit.velocities import phase, velocities
from deepaas_plugins.methods.disentangling.solution import Solution
from deepaas_plugins.methods.disentangling.solvers.log_grid import LogGrid
from deepaas_plugins.methods.spectral_features.answers import check_columns

FloatArray = npt.NDArray[np.float64]

FILE = "components.npz"


@dataclass
class DisentanglingModel(Model):
    """Components with their orbit.

    Attributes
    ----------
    recipe, classes
        See `Model`; there are no classes.
    components
        Contributions of the stars and the telluric lines.
    wavelength
        Of prepared spectra, Å, shape (columns,).
    system, elements, time_system
        The orbit, or no elements where velocities are free.
    details
        Of the card.
    parameters
        Of the training.
    """

    recipe: spectra.Recipe
    classes: list[str] | None
    components: Components
    wavelength: FloatArray
    system: str
    elements: Mapping[str, float]
    details: Mapping[str, Any]
    parameters: Mapping[str, Any]

    @classmethod
    def of(
        cls, recipe: spectra.Recipe, wavelength: FloatArray, solution: Solution, params: Json
    ) -> DisentanglingModel:
        """Return the model of a solution.

        Parameters
        ----------
        recipe : Recipe
            That prepared the spectra.
        wavelength : ndarray
            Of prepared spectra, Å, shape (columns,).
        solution : Solution
            Of the training.
        params : Json
            Of `TrainParameters`.
        """
        grid = solution.epochs.composites.grid
        fastest = float(np.abs(solution.stellar - solution.problem.earth).max())
        components = Components(
            grid,
            solution.components,
            solution.problem.telluric,
            np.median(solution.sigma),
            max(2.0 * fastest, 10.0 * grid.velocity_step),
        )
        details = {
            "system": solution.problem.system,
            "elements": {} if solution.free else dict(solution.elements),
            "errors": dict(solution.errors),
            "time_system": solution.epochs.times.system,
            "light": solution.light.tolist(),
            "telluric": solution.problem.telluric,
            "epochs": len(solution.epochs),
        }
        elements = details["elements"]
        return cls(recipe, None, components, wavelength, solution.problem.system, elements, details, params)

    def card(self) -> ModelCard:
        """Describe the model."""
        return ModelCard(
            method="disentangling",
            recipe=self.recipe.to_json(),
            wavelength=self.wavelength.tolist(),
            parameters=dict(self.parameters),
            details=dict(self.details),
        )

    def save_files(self, folder: Path) -> None:
        """Write the arrays."""
        np.savez(folder / FILE, allow_pickle=False, **self.components.arrays())

    def predict(self, batch: spectra.Batch, params: Json) -> list[Json]:
        """Measure the velocities of the components in spectra.

        Parameters
        ----------
        batch : Batch
            Prepared spectra, with times where they are known.
        params : Json
            Of `PredictParameters`.

        Returns
        -------
        list of Json
            For each row `velocity_1`, `velocity_1_sigma` … in km/s about the centre of mass of the training's
            components, `rms` and `chi2` of the residuals; with a time also `time`, `phase`, `computed_1` and
            `o_c_1`.

        Raises
        ------
        InvalidInput
            The rows have other columns, or one has no flux.
        """
        check_columns(batch.flux.shape[1], len(self.wavelength))
        flux = batch.flux.astype(np.float64)
        missing = gaps(flux)
        for name, row, lost in zip(batch.names, flux, missing, strict=True):
            if lost.mean() > 0.8 or not np.median(row[~lost]) > 0:
                raise InvalidInput(f"{name} has no positive flux in the range of the components.")
        values, weights = deviations(self.components.grid, self.wavelength, flux, missing)
        answers = []
        for row, name in enumerate(batch.names):
            time = self._time(batch, row, params)
            near = None if time is None or not self.elements else self._computed(time)
            found = measure(
                self.components,
                values[row],
                weights[row],
                near,
                fit_strengths=params["fit_strengths"],
                largest=params["largest"],
            )
            answers.append({"name": name, **self._answer(found, time, near)})
        return answers

    def _time(self, batch: spectra.Batch, row: int, params: Json) -> float | None:
        if params["time"] is not None:
            return float(params["time"])
        times = None if batch.observations is None else batch.observations.times
        moment = None if times is None else times.moment(row)
        return None if moment is None else moment.date

    def _computed(self, time: float) -> FloatArray:
        return velocities(self.system, self.elements, np.array([time]))[:, 0]

    def _answer(self, found: Measured, time: float | None, near: FloatArray | None) -> Json:
        answer: Json = {}
        for number in range(SYSTEMS[self.system]):
            answer[f"velocity_{number + 1}"] = float(found.velocities[number])
            answer[f"velocity_{number + 1}_sigma"] = float(found.errors[number])
        for number, strength in enumerate(found.strengths, start=1):
            answer[f"strength_{number}"] = float(strength)
        answer |= {"rms": found.rms, "chi2": found.chi2}
        if time is None:
            return answer
        answer["time"] = time
        if near is not None:
            answer["phase"] = float(
                phase(np.array(time), self.elements["period"], self.elements["periastron"])
            )
            for number, value in enumerate(near.tolist(), start=1):
                answer[f"computed_{number}"] = value
                answer[f"o_c_{number}"] = answer[f"velocity_{number}"] - value
        return answer


def load(folder: Path) -> DisentanglingModel:
    """Read a model that `DisentanglingModel.save` wrote.

    Raises
    ------
    InvalidInput
        It is none, it is damaged, or its arrays do not belong together.
    """
    card = ModelCard.load(folder)
    system = card.details.get("system")
    elements = card.details.get("elements")
    try:
        if system not in SYSTEMS or not isinstance(elements, dict) or card.wavelength is None:
            raise ValueError("its card names no system, elements or wavelengths")
        known = {str(name): float(value) for name, value in elements.items()}
        _check_elements(known)
        arrays = read_arrays(folder / FILE)
        telluric = bool(card.details.get("telluric"))
        count = SYSTEMS[system] + telluric
        grid = checked_array(arrays, "grid", (3,))
        components = Components(
            LogGrid(float(grid[0]), float(grid[1]), int(grid[2])),
            checked_array(arrays, "components", (count, int(grid[2]))),
            telluric,
            float(checked_array(arrays, "sigma", ())),
            float(checked_array(arrays, "fastest", ())),
        )
        components.check()
    except InvalidInput:
        raise
    except (ValueError, TypeError) as error:
        raise InvalidInput(f"{folder} is damaged: {error}. The model is not loaded.") from error
    return DisentanglingModel(
        spectra.Recipe.load(folder / "recipe"),
        None,
        components,
        np.asarray(card.wavelength, dtype=np.float64),
        system,
        known,
        dict(card.details),
        dict(card.parameters),
    )


def _check_elements(elements: Mapping[str, float]) -> None:
    for name, value in elements.items():
        if name not in ELEMENTS or not ELEMENTS[name].low <= value <= ELEMENTS[name].high:
            raise ValueError(f"the element {name} = {value} is none")
    if elements and not {"period", "periastron", "eccentricity", "omega", "k1"} <= set(elements):
        raise ValueError("elements of its orbit are missing")
