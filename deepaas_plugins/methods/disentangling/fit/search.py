"""The global search: differential evolution on the broad features of the spectra, then the local fit.

The search sees only the lowest frequencies that hold nearly all of the lines' power: χ² is smoother there,
and cheaper. The time of periastron is searched as a phase, so that its range does not depend on the period.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import differential_evolution

from deepaas_plugins.methods.disentangling.fit import local
from deepaas_plugins.methods.disentangling.fit.local import LocalFit
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import VELOCITY_REGULARISATION, FourierSolver

FloatArray = npt.NDArray[np.float64]

#: Share of the lines' power that the search sees.
POWER = 0.98
#: Frequencies of the search, at least.
FEWEST = 48
#: Ends of the search that the local fit starts from.
STARTS = 3
_PASSAGES = {"periastron": "period", "outer_periastron": "outer_period"}


@dataclass(frozen=True)
class Effort:
    """How much is searched.

    Attributes
    ----------
    generations, population
        Of differential evolution; the population per free element.
    seed
        The same seed gives the same result.
    """

    generations: int
    population: int
    seed: int


def coarse_frequencies(solver: FourierSolver) -> int:
    """Return how many frequencies hold nearly all power of the lines."""
    power = 1.0 / solver.ridge
    total = np.cumsum(power)
    return max(FEWEST, int(np.searchsorted(total, POWER * total[-1])) + 1)


def search(
    problem: Problem,
    composites: Composites,
    solver: FourierSolver,
    effort: Effort,
    tell: Callable[[int, int], None],
    *,
    strengths: FloatArray | None = None,
) -> LocalFit:
    """Search within the ranges of the free elements, then fit from the best ends.

    Parameters
    ----------
    problem : Problem
        Its free elements have ranges.
    composites : Composites
        The spectra.
    solver : FourierSolver
        With all frequencies, for the local fit.
    effort : Effort
        How much.
    tell : callable
        Called with generations that are done, and their number; what it raises stops the search.
    strengths : ndarray, optional
        Line strengths, shape (components, epochs).
    """
    coarse = FourierSolver(
        composites,
        coarse_frequencies(solver),
        VELOCITY_REGULARISATION,
        problem.stars + int(problem.telluric),
    )
    passages = _Passages(problem)

    def value(point: FloatArray) -> float:
        solution = coarse.solve(problem.shifts(passages.vector(point)), strengths)
        return coarse.objective(solution)

    turns = 0

    def every(_intermediate: object, convergence: float = 0.0) -> None:  # noqa: ARG001 - SciPy's signature
        nonlocal turns
        turns += 1
        tell(turns, effort.generations)

    low, high = passages.bounds
    found = differential_evolution(
        value,
        list(zip(low, high, strict=True)),
        x0=passages.point(problem.vector),
        maxiter=effort.generations,
        popsize=effort.population,
        seed=effort.seed,
        tol=1e-6,
        polish=False,
        callback=every,
    )
    order = np.argsort(found.population_energies)
    starts = [passages.vector(found.population[place]) for place in _apart(found.population, order)]
    fits = [local.fit(problem, solver, np.clip(one, *problem.bounds), strengths) for one in starts]
    return min(fits, key=lambda one: one.objective)


def _apart(population: FloatArray, order: npt.NDArray[np.intp]) -> list[int]:
    """Return the best members that differ from each other by a hundredth of the spread."""
    spread = np.ptp(population, axis=0) + 1e-300
    chosen: list[int] = []
    for place in order.tolist():
        far = [np.abs((population[place] - population[one]) / spread).max() > 0.1 for one in chosen]
        if all(far):
            chosen.append(place)
        if len(chosen) == STARTS:
            break
    return chosen


class _Passages:
    """Vectors with times of periastron as phases before the middle of the epochs."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        self._middle = float(np.mean(problem.times))
        free = problem.free
        self._pairs = [
            (free.index(passage), period) for passage, period in _PASSAGES.items() if passage in free
        ]
        low, high = problem.bounds
        self.bounds = (low.copy(), high.copy())
        for place, period in self._pairs:
            longest = problem.ranges.get(period, (0.0, problem.values[period]))[1]
            if high[place] - low[place] >= 0.999 * longest:
                self.bounds[0][place], self.bounds[1][place] = 0.0, 1.0
        self._pairs = [pair for pair in self._pairs if self.bounds[1][pair[0]] == 1.0]

    def vector(self, point: FloatArray) -> FloatArray:
        """Return elements of a point."""
        found = np.array(point, dtype=np.float64)
        elements = self._problem.elements(found)
        low, high = self._problem.bounds
        for place, period in self._pairs:
            # The passage of this phase that lies nearest to the middle of its range.
            passage = self._middle - point[place] * elements[period]
            turns = np.round((0.5 * (low[place] + high[place]) - passage) / elements[period])
            found[place] = passage + turns * elements[period]
        return found

    def point(self, vector: FloatArray) -> FloatArray:
        """Return the point of elements, within the limits."""
        found = vector.copy()
        elements = self._problem.elements(vector)
        for place, period in self._pairs:
            found[place] = np.remainder((self._middle - vector[place]) / elements[period], 1.0)
        return np.clip(found, *self.bounds)
