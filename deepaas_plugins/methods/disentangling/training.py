"""Disentangles the epochs of a star: weights, velocities, components, errors, the map, the report."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.disentangling import epochs as gathering
from deepaas_plugins.methods.disentangling import fitting
from deepaas_plugins.methods.disentangling.epochs import Epochs
from deepaas_plugins.methods.disentangling.fit import errors as fit_errors
from deepaas_plugins.methods.disentangling.fit import start
from deepaas_plugins.methods.disentangling.fit.chi2_map import Chi2Map, chi2_map
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.fitting import Fitted
from deepaas_plugins.methods.disentangling.model import DisentanglingModel
from deepaas_plugins.methods.disentangling.reports.report import report
from deepaas_plugins.methods.disentangling.separation import separate
from deepaas_plugins.methods.disentangling.solution import Solution
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver
from deepaas_plugins.methods.disentangling.solvers.free_velocities import velocity_step
from deepaas_plugins.methods.disentangling.solvers.strengths import light_of
from deepaas_plugins.methods.disentangling.solvers.undulation import (
    component_errors,
    level_components,
    undulation,
)

if TYPE_CHECKING:
    from spectra import FeatureSet

FloatArray = npt.NDArray[np.float64]

#: Noise of a spectrum, at least, as a share of the continuum: synthetic spectra have none.
LEAST_NOISE = 1e-5
#: A spectrum's weight is at most so many times the median one.
MOST_WEIGHT = 100.0


def train(features: FeatureSet, params: Json, run: Run) -> DisentanglingModel:
    """Disentangle and report.

    Parameters
    ----------
    features : FeatureSet
        Rows are the epochs of a star.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress, metrics and the report.

    Returns
    -------
    DisentanglingModel
        Components and orbit.

    Raises
    ------
    InvalidInput
        The spectra cannot be disentangled.
    Cancelled
        The run was asked to stop.
    """
    run.progress(0, 1, "read")
    epochs = gathering.gather(features, params)
    problem = start.problem_of(epochs, params)
    run.metric("epochs", len(epochs))
    composites = weighed(epochs, params)
    found = fitting.fitted(epochs, composites, problem, params, run)
    # The residuals tell the noise of each epoch: weights, and with them the solution, once more.
    separated = separate(composites, found.shifts, found.strengths, params)
    if params["weights"] == "noise":
        composites = _by_residuals(composites, separated.residuals)
        again = {**params, "search": "local"} if params["search"] == "global" else params
        found = fitting.fitted(epochs, composites, found.problem, again, run)
        separated = separate(composites, found.shifts, found.strengths, params)
    solution = _solution(epochs, composites, found, params, run)
    run.progress(0, 1, "report")
    report(run, solution)
    run.progress(1, 1, "report")
    return DisentanglingModel.of(features.recipe, epochs.wavelength, solution, params)


def weighed(epochs: Epochs, params: Json) -> Composites:
    """Return the composites with inverse variances as weights, as far as they are known beforehand.

    Parameters
    ----------
    epochs : Epochs
        Their signal-to-noise ratios.
    params : Json
        `weights` of `TrainParameters`.
    """
    raw = epochs.composites
    sigma = np.full(len(epochs), 0.01)
    known = np.isfinite(epochs.snr) & (epochs.snr > 0)
    if params["weights"] != "equal" and known.any():
        ratios = np.where(known, epochs.snr, np.median(epochs.snr[known]))
        sigma = 1.0 / np.clip(ratios, 1.0, 1.0 / LEAST_NOISE)
    return _with_noise(raw, sigma)


def _with_noise(composites: Composites, sigma: FloatArray) -> Composites:
    inverse = 1.0 / np.maximum(sigma, LEAST_NOISE) ** 2
    inverse = np.minimum(inverse, MOST_WEIGHT * np.median(inverse))
    return replace(composites, weights=(composites.weights > 0) * inverse[:, None])


def _by_residuals(composites: Composites, residuals: FloatArray) -> Composites:
    """Weigh every epoch by the scatter of its residuals, which outliers do not move."""
    scatter = 1.4826 * np.nanmedian(np.abs(residuals - np.nanmedian(residuals, axis=1)[:, None]), axis=1)
    return _with_noise(composites, np.asarray(scatter))


def _solution(epochs: Epochs, composites: Composites, found: Fitted, params: Json, run: Run) -> Solution:
    problem, strengths = found.problem, found.strengths
    separated = separate(composites, found.shifts, strengths, params)
    stars = problem.stars
    solver = FourierSolver.for_velocities(composites, len(strengths))
    whole = FourierSolver(composites, None, params["regularisation"], len(strengths))
    parameters = (len(found.fit.vector) if found.fit else stars * len(epochs)) + len(strengths) * (
        composites.flux.shape[1]
    )
    degrees = max(composites.pixels - parameters, 1)
    reduced = separated.chi2 / degrees
    light, light_found = start.light_of(params), False
    if params["strengths"] == "fitted" and params["light"] is None:
        told = light_of(strengths[:stars], composites.epoch_weights)
        light, light_found = (light, False) if told is None else (told / told.sum(), True)
    components = separated.components.copy()
    components[:stars] = level_components(components[:stars], light)
    measured, measured_errors = _measured(solver, found, reduced)
    errors, refits = _errors(composites, found, separated.residuals, reduced=reduced, params=params, run=run)
    grid = composites.grid
    size = 2 * (separated.normal.shape[2] - 1)
    poor = undulation(separated.normal, size, grid.velocity_step)
    stellar = _stellar(problem, found.shifts)
    return Solution(
        epochs=replace(epochs, composites=composites),
        problem=problem,
        elements=dict(problem.values),
        errors=errors,
        stellar=stellar,
        measured=stellar + measured,
        measured_errors=measured_errors,
        strengths=strengths,
        light=light,
        light_found=light_found,
        components=components,
        component_errors=_bands(whole, found, separated.coverage, composites, reduced),
        separated=separated,
        sigma=1.0 / np.sqrt(np.maximum(composites.epoch_weights, 1e-300)),
        undulation=poor,
        reduced=reduced,
        degrees=degrees,
        refits=refits,
        guess=found.guess,
        chi2_map=_map(solver, found, errors, params=params, degrees=degrees, run=run),
        free=found.fit is None,
    )


def _stellar(problem: Problem, shifts: FloatArray) -> FloatArray:
    return np.asarray(problem.grid.velocity(shifts[: problem.stars]) + problem.earth)


def _measured(solver: FourierSolver, found: Fitted, reduced: float) -> tuple[FloatArray, FloatArray]:
    """Return what velocities of single epochs differ from the solution's, and their errors, km/s."""
    design = solver.design(found.shifts, found.strengths)
    solution = solver.solved(design)
    stars = list(range(found.problem.stars))
    step, variance = velocity_step(solver, design, solution.components, stars)
    scale = found.problem.grid.velocity_step
    return step * scale, np.sqrt(variance * reduced) * scale


def _errors(
    composites: Composites,
    found: Fitted,
    residuals: FloatArray,
    *,
    reduced: float,
    params: Json,
    run: Run,
) -> tuple[dict[str, float], FloatArray]:
    if found.fit is None or not found.problem.free:
        return {}, np.zeros((0, 0))
    errors = fit_errors.formal(found.fit, reduced)
    refits = np.zeros((0, len(errors)))
    if params["bootstrap"]:

        def tell(done: int, total: int) -> None:
            run.stop_if_cancelled()
            run.progress(done, total, "bootstrap")

        refits = fit_errors.bootstrap(
            found.problem,
            composites,
            residuals,
            found.fit.vector,
            strengths=found.strengths,
            count=params["bootstrap"],
            seed=params["seed"],
            tell=tell,
        )
        if len(refits) > 2:
            errors = np.maximum(refits.std(axis=0, ddof=1), 0.0)
    return dict(zip(found.problem.free, errors.tolist(), strict=True)), refits


def _bands(
    solver: FourierSolver,
    found: Fitted,
    coverage: FloatArray,
    composites: Composites,
    reduced: float,
) -> FloatArray:
    """Return the errors of the components: larger where fewer epochs see a pixel, shape (components, n)."""
    normal = solver.solve(found.shifts, found.strengths).normal
    whole = component_errors(normal, solver.ridge, solver.counts)
    share = coverage / max(float(composites.epoch_weights.sum()), 1e-300)
    return np.asarray(whole[:, None] * np.sqrt(reduced / np.clip(share, 1e-3, None)))


def _map(
    solver: FourierSolver, found: Fitted, errors: dict[str, float], *, params: Json, degrees: int, run: Run
) -> Chi2Map | None:
    names = (params["map_x"], params["map_y"])
    elements = found.problem.values
    if not params["map_points"] or found.fit is None:
        return None
    if not set(names) <= set(elements):
        fallback = ("period", "k1")
        run.log(
            f"The map is of {fallback[0]} and {fallback[1]}: {params['system']} lacks {' or '.join(names)}."
        )
        names = fallback

    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "map")

    return chi2_map(
        found.problem,
        solver,
        elements,
        errors,
        names=names,
        points=params["map_points"],
        degrees=degrees,
        strengths=found.strengths,
        tell=tell,
    )
