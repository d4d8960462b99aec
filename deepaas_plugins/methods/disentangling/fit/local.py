"""The local fit: variable projection, Levenberg–Marquardt within bounds.

The components are eliminated: for every vector of elements they are the best ones, and the residuals depend
on the elements alone (Golub & Pereyra 1973; the Jacobian is Kaufman's 1975). Residuals are those of the
transforms, with the regularisation's penalty among them, so that their square is what the solver minimises.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import least_squares

from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.solvers.fourier import ComplexArray, FourierSolver, solve_normal

FloatArray = npt.NDArray[np.float64]

#: Evaluations of a local fit, at most.
EVALUATIONS = 100


@dataclass(frozen=True)
class LocalFit:
    """The end of a local fit.

    Attributes
    ----------
    vector
        Free elements, shape (free,).
    objective
        χ² with the penalty of the regularisation.
    covariance
        Of the elements for residuals of variance 1, shape (free, free); infinite where undetermined.
    evaluations
        How many there were.
    """

    vector: FloatArray
    objective: float
    covariance: FloatArray
    evaluations: int


def fit(
    problem: Problem,
    solver: FourierSolver,
    start: FloatArray,
    strengths: FloatArray | None = None,
    tell: Callable[[], None] | None = None,
) -> LocalFit:
    """Fit the free elements from a start.

    Parameters
    ----------
    problem : Problem
        Which elements are free.
    solver : FourierSolver
        Of the composites.
    start : ndarray
        Shape (free,).
    strengths : ndarray, optional
        Line strengths, shape (components, epochs).
    tell : callable, optional
        Called at every evaluation; what it raises stops the fit.
    """
    projected = _Projected(problem, solver, strengths, tell)
    low, high = problem.bounds
    if not len(start):
        left = projected.residuals(start)
        return LocalFit(start, float(left @ left), np.zeros((0, 0)), 1)
    width = high - low
    inside = np.clip(start, low + 1e-9 * width, high - 1e-9 * width)
    found = least_squares(
        projected.residuals,
        inside,
        projected.jacobian,
        bounds=(low, high),
        x_scale="jac",
        max_nfev=EVALUATIONS,
        xtol=1e-10,
        ftol=1e-12,
    )
    curved = _curvature(projected, found.x, np.sqrt(np.diag(covariance(found.jac))), (low, high))
    return LocalFit(found.x, float(2.0 * found.cost), curved, int(found.nfev))


def _curvature(
    projected: _Projected, best: FloatArray, errors: FloatArray, bounds: tuple[FloatArray, FloatArray]
) -> FloatArray:
    """Return the covariance from the curvature of the objective, by differences over its formal errors.

    Formal ones count noise of the components as if it were lines; they only say how far to look.
    """
    count = len(best)
    width = bounds[1] - bounds[0]
    steps = np.clip(np.where(np.isfinite(errors), 2.0 * errors, width), 1e-9 * width, 0.02 * width)
    centre = np.clip(best, bounds[0] + steps, bounds[1] - steps)
    value = projected.objective
    here = value(centre)
    ahead = np.array([value(centre + step) for step in np.diag(steps)])
    back = np.array([value(centre - step) for step in np.diag(steps)])
    hessian = np.diag((ahead + back - 2.0 * here) / steps**2)
    for first in range(count):
        for second in range(first + 1, count):
            both = np.zeros(count)
            both[[first, second]] = steps[[first, second]]
            corner = value(centre + both) - ahead[first] - ahead[second] + here
            other = value(centre - both) - back[first] - back[second] + here
            hessian[first, second] = hessian[second, first] = (
                (corner + other) / 2.0 / (steps[first] * steps[second])
            )
    scaled = hessian * np.outer(steps, steps)
    values, vectors = np.linalg.eigh(scaled)
    # A direction in which the objective does not rise is not determined within the steps.
    inverse = (vectors / np.maximum(values, 1e-3)) @ vectors.T
    return np.asarray(2.0 * inverse * np.outer(steps, steps))


def covariance(jacobian: FloatArray) -> FloatArray:
    """Return the inverse of JᵀJ; infinite variances where the residuals do not depend on an element.

    Parameters
    ----------
    jacobian : ndarray
        Of the residuals, shape (residuals, elements).

    Returns
    -------
    ndarray
        Shape (elements, elements).
    """
    sizes = np.sqrt((jacobian**2).sum(axis=0))
    known = sizes > 0
    found = np.full((len(sizes), len(sizes)), 0.0)
    np.fill_diagonal(found, np.inf)
    if known.any():
        scaled = jacobian[:, known] / sizes[known]
        inverse = np.linalg.pinv(scaled.T @ scaled, rcond=1e-14, hermitian=True)
        found[np.ix_(known, known)] = inverse / np.outer(sizes[known], sizes[known])
    return found


class _Projected:
    """Residuals of the best components, and their slopes."""

    def __init__(
        self,
        problem: Problem,
        solver: FourierSolver,
        strengths: FloatArray | None,
        tell: Callable[[], None] | None,
    ) -> None:
        self._problem, self._solver, self._strengths = problem, solver, strengths
        self._tell = tell
        self._roots = np.sqrt(solver.counts)
        self._slope = (-2j * np.pi / solver.size) * np.arange(solver.frequencies)

    def residuals(self, vector: FloatArray) -> FloatArray:
        if self._tell is not None:
            self._tell()
        design = self._solver.design(self._problem.shifts(vector), self._strengths)
        solution = self._solver.solved(design)
        left = self._solver.residuals(design, solution)
        return self._real(left, -np.sqrt(self._solver.ridge) * solution.components)

    def objective(self, vector: FloatArray) -> float:
        """Return χ² with the penalty of the regularisation."""
        solver = self._solver
        solution = solver.solve(self._problem.shifts(vector), self._strengths)
        return solver.objective(solution)

    def jacobian(self, vector: FloatArray) -> FloatArray:
        solver = self._solver
        design = solver.design(self._problem.shifts(vector), self._strengths)
        solution = solver.solved(design)
        moved = design * (solution.components * self._slope)[:, None, :]
        columns = []
        for slopes in self._problem.slopes(vector):
            change = np.einsum("jkf,jk->kf", moved, slopes)
            right = np.einsum("jkf,kf->jf", design.conj(), change)
            inside = solve_normal(solution.normal, right, solver.ridge)
            left = change - np.einsum("jkf,jf->kf", design, inside)
            columns.append(-self._real(left, -np.sqrt(solver.ridge) * inside))
        return np.array(columns).T

    def _real(self, left: ComplexArray, penalty: ComplexArray) -> FloatArray:
        together = np.concatenate([left, penalty]) * self._roots
        return np.concatenate([together.real.ravel(), together.imag.ravel()])
