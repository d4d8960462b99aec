"""Errors of the elements: formal ones, and a bootstrap of the residuals.

The residuals of an epoch are moved along its spectrum by a random distance, and their sign is random: their
correlation from pixel to pixel stays, which formal errors do not know of.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.fit import local
from deepaas_plugins.methods.disentangling.fit.local import LocalFit
from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver

FloatArray = npt.NDArray[np.float64]


def formal(fit: LocalFit, reduced: float) -> FloatArray:
    """Return formal errors for a reduced χ², shape (free,).

    Parameters
    ----------
    fit : LocalFit
        With the covariance.
    reduced : float
        χ² over degrees of freedom.

    Returns
    -------
    ndarray
        Shape (free,).
    """
    return np.asarray(np.sqrt(np.maximum(np.diag(fit.covariance), 0.0) * reduced))


def bootstrap(
    problem: Problem,
    composites: Composites,
    residuals: FloatArray,
    best: FloatArray,
    *,
    strengths: FloatArray,
    count: int,
    seed: int,
    tell: Callable[[int, int], None],
) -> FloatArray:
    """Refit spectra that are the solution with other residuals.

    Parameters
    ----------
    problem : Problem
        With the free elements.
    composites : Composites
        What was fitted.
    residuals : ndarray
        Of the solution, shape (epochs, n), NaN where a pixel is missing.
    best : ndarray
        The solution, shape (free,).
    strengths : ndarray
        Line strengths, shape (components, epochs).
    count, seed : int
        How often; for the random numbers.
    tell : callable
        Called with refits that are done, and their number.

    Returns
    -------
    ndarray
        Elements of the refits, shape (count, free).
    """
    random = np.random.default_rng(seed)
    left = np.nan_to_num(residuals)
    computed = np.where(np.isfinite(residuals), composites.flux - left, composites.flux)
    found = np.empty((count, len(best)))
    for number in range(count):
        tell(number, count)
        moved = np.stack([np.roll(row, int(random.integers(row.size))) for row in left])
        flux = computed + moved * random.choice([-1.0, 1.0], (len(left), 1))
        again = Composites(composites.grid, flux, composites.weights)
        solver = FourierSolver.for_velocities(again, len(strengths))
        found[number] = local.fit(problem, solver, best, strengths).vector
    return found
