"""From epochs to velocities: the orbit by search and local fit, or free velocities; line strengths."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Json
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.disentangling.epochs import Epochs
from deepaas_plugins.methods.disentangling.fit import guess as guessing
from deepaas_plugins.methods.disentangling.fit import local
from deepaas_plugins.methods.disentangling.fit.guess import Guess
from deepaas_plugins.methods.disentangling.fit.local import LocalFit
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.fit.search import Effort, search
from deepaas_plugins.methods.disentangling.parameters import texts
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver
from deepaas_plugins.methods.disentangling.solvers.free_velocities import fit_velocities
from deepaas_plugins.methods.disentangling.solvers.strengths import fit_strengths

FloatArray = npt.NDArray[np.float64]

#: Rounds in which the orbit and the line strengths are fitted in turn.
ROUNDS = 3


@dataclass(frozen=True)
class Fitted:
    """Velocities and what they come from.

    Attributes
    ----------
    problem
        Starting at the solution.
    fit
        Of the elements, or None where velocities are free.
    shifts
        Of all components, pixels, shape (components, epochs).
    strengths
        Shape (components, epochs).
    guess
        Periods, where none was given.
    """

    problem: Problem
    fit: LocalFit | None
    shifts: FloatArray
    strengths: FloatArray
    guess: Guess | None


def fitted(epochs: Epochs, composites: Composites, problem: Problem, params: Json, run: Run) -> Fitted:
    """Fit velocities and line strengths.

    Parameters
    ----------
    epochs : Epochs
        The star's.
    composites : Composites
        With weights.
    problem : Problem
        Where to start, and what is free.
    params : Json
        Of `TrainParameters`.
    run : Run
        Takes progress; stops it.
    """
    components = problem.stars + int(problem.telluric)
    solver = FourierSolver.for_velocities(composites, components)
    strengths, varying = _strengths(problem, params, len(epochs))
    guess = _guess(composites, problem, params, run)
    if params["velocities"] == "free":
        shifts = _free(solver, composites, problem, strengths, params=params, guess=guess)
        for _ in range(ROUNDS if varying else 1):
            run.stop_if_cancelled()
            shifts = fit_velocities(solver, shifts, range(problem.stars), strengths, _teller(run))
            strengths = fit_strengths(solver, shifts, varying, strengths)
        return Fitted(problem, None, shifts, strengths, guess)
    fit = _orbit(solver, composites, problem, strengths, params=params, guess=guess, run=run)
    for _ in range(ROUNDS if varying else 0):
        run.stop_if_cancelled()
        strengths = fit_strengths(solver, problem.shifts(fit.vector), varying, strengths)
        fit = local.fit(problem, solver, fit.vector, strengths, run.stop_if_cancelled)
    fit = _named(fit, solver, problem, strengths, params=params, run=run)
    return Fitted(problem.at(fit.vector), fit, problem.shifts(fit.vector), strengths, guess)


def _strengths(problem: Problem, params: Json, epochs: int) -> tuple[FloatArray, list[int]]:
    """Return line strengths to start with, and the components whose strengths vary."""
    stars, components = problem.stars, problem.stars + int(problem.telluric)
    strengths = np.ones((components, epochs))
    tellurics = [stars] if problem.telluric else []
    if params["strengths"] == "given":
        rows = np.array(texts.rows_of_numbers(params["light_factors"]))
        if (rows < 0).any() or (rows.sum(axis=1) <= 0).any():
            raise InvalidInput("Parameter light_factors: shares are positive.")
        shares = rows / rows.sum(axis=1, keepdims=True)
        strengths[:stars] = (shares / shares.mean(axis=0)).T
        return strengths, tellurics
    varying = {"fixed": [], "telluric": tellurics, "fitted": list(range(components))}
    return strengths, varying[params["strengths"]]


def _guess(composites: Composites, problem: Problem, params: Json, run: Run) -> Guess | None:
    """Return velocities by cross-correlation and their periods, where no period was given."""
    wanted = "period" in problem.ranges and params["period"] is None and not params["korel_par"]
    if not wanted and params["velocities"] == "orbit":
        return None
    run.progress(0, 1, "periods")
    low, high = problem.ranges.get("period", (0.3, max(float(np.ptp(problem.times)), 1.0)))
    largest = problem.ranges.get("k1", (0.0, 300.0))[1] / problem.grid.velocity_step
    return guessing.guess(composites, problem.times, (low, high), largest)


def _orbit(
    solver: FourierSolver,
    composites: Composites,
    problem: Problem,
    strengths: FloatArray,
    *,
    params: Json,
    guess: Guess | None,
    run: Run,
) -> LocalFit:
    if params["search"] != "global" or not problem.free:
        run.progress(0, 1, "local fit")
        return local.fit(problem, solver, problem.vector, strengths, run.stop_if_cancelled)
    effort = Effort(params["generations"], params["population"], params["seed"])
    tried = _candidates(problem, guess)
    fits = []
    for number, candidate in enumerate(tried):

        def tell(done: int, total: int, number: int = number) -> None:
            run.stop_if_cancelled()
            run.progress(number * total + done, len(tried) * total, "search")

        one = search(candidate, composites, solver, effort, tell, strengths=strengths)
        fits.append(local.fit(problem, solver, np.clip(one.vector, *problem.bounds), strengths))
    return min(fits, key=lambda one: one.objective)


def _candidates(problem: Problem, guess: Guess | None) -> list[Problem]:
    """Return the problem with the period near each of those that cross-correlation suggests."""
    if guess is None or "period" not in problem.ranges or not guess.best:
        return [problem]
    span = max(float(np.ptp(problem.times)), 1e-6)
    low, high = problem.ranges["period"]
    found = []
    for period in guess.best:
        near = 0.7 * period**2 / max(span, period)
        limits = (max(low, period - near), min(high, period + near))
        if limits[0] < limits[1]:
            ranges = {**problem.ranges, "period": limits}
            if "periastron" in ranges:
                middle = float(np.mean(problem.times))
                wide = max(limits[1], 1e-3)
                outer = problem.ranges["periastron"]
                ranges["periastron"] = (max(outer[0], middle - wide), min(outer[1], middle + wide))
            found.append(replace(problem, ranges=ranges, values={**problem.values, "period": period}))
    return found or [problem]


def _named(
    fit: LocalFit,
    solver: FourierSolver,
    problem: Problem,
    strengths: FloatArray,
    *,
    params: Json,
    run: Run,
) -> LocalFit:
    """Call the star that moves less star 1, or the brighter one, where elements do not tell them apart.

    The spectra are the same with the two stars exchanged.
    """
    told = params["strengths"] == "given" or params["korel_par"]
    told = told or any(params[f"{name}{end}"] is not None for name in ("k1", "k2") for end in ("", "_range"))
    pair = {"k1", "k2", "omega"}
    if told or problem.stars != 2 or not pair <= set(problem.free) or params["search"] != "global":
        return fit
    elements = problem.elements(fit.vector)
    light = params["light"] or [1.0, 1.0]
    if (elements["k1"] <= elements["k2"]) == (light[0] >= light[1]):
        return fit
    turned = (elements["omega"] + 180.0) % 360.0
    other = {**elements, "k1": elements["k2"], "k2": elements["k1"], "omega": turned}
    start = np.array([other[name] for name in problem.free])
    exchanged = strengths[[1, 0, *range(2, len(strengths))]]
    return local.fit(problem, solver, start, exchanged, run.stop_if_cancelled)


def _free(
    solver: FourierSolver,
    composites: Composites,
    problem: Problem,
    strengths: FloatArray,
    *,
    params: Json,
    guess: Guess | None,
) -> FloatArray:
    """Return shifts where free velocities start: of the given orbit, else by cross-correlation."""
    if params["period"] is not None or params["korel_par"]:
        return problem.shifts_of(problem.stellar(problem.values))
    found = guess.shifts if guess is not None else guessing.correlation_shifts(composites, 300.0)
    shifts = problem.shifts_of(np.zeros((problem.stars, len(found))))
    if problem.stars == 1:
        shifts[0] = found
        return shifts
    # Two stars move against each other: the best of a few ratios of their velocities.
    tried = []
    for ratio in (-0.3, -0.6, -1.0, -1.6, -3.0):
        one = shifts.copy()
        one[0], one[1] = found, ratio * found
        tried.append((solver.chi2(one, strengths), one))
    return min(tried, key=lambda pair: pair[0])[1]


def _teller(run: Run) -> Callable[[int, int], None]:
    def tell(done: int, total: int) -> None:
        run.stop_if_cancelled()
        run.progress(done, total, "velocities")

    return tell
