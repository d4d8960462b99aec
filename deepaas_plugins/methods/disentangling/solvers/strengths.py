"""Line strengths of every component at every epoch, fitted beside the components (Hadrava 1997).

The model is bilinear: with the components known the strengths of an epoch are a small linear problem, and
the other way round; both are solved in turn. The mean strength of a component over the epochs is 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.solvers.fourier import ComplexArray, FourierSolver

FloatArray = npt.NDArray[np.float64]

_ROUNDS, _SETTLED = 60, 1e-5
#: Strengths stay within these: a component that vanishes, or one whose lines are four times as strong.
LEAST, MOST = 0.0, 4.0


def fit_strengths(
    solver: FourierSolver, shifts: FloatArray, fitted: Sequence[int], start: FloatArray | None = None
) -> FloatArray:
    """Fit line strengths for given velocities.

    Parameters
    ----------
    solver : FourierSolver
        Of the composites.
    shifts : ndarray
        Pixels, shape (components, epochs).
    fitted : sequence of int
        Components whose strengths vary; those of the others stay as they start.
    start : ndarray, optional
        Strengths, shape (components, epochs); 1 by default.

    Returns
    -------
    ndarray
        Shape (components, epochs).
    """
    strengths = np.ones_like(shifts) if start is None else start.copy()
    if not fitted:
        return strengths
    chosen = list(fitted)
    plain = solver.design(shifts)
    for _ in range(_ROUNDS):
        solution = solver.solved(plain * strengths[..., None])
        found = _of_epochs(solver, plain, solution.components, strengths, chosen)
        means = np.average(found, axis=1, weights=solver.weights)
        found = found / np.where(means > 0, means, 1.0)[:, None]
        change = float(np.abs(found - strengths[chosen]).max())
        strengths[chosen] = found
        if change < _SETTLED:
            break
    return strengths


def _of_epochs(
    solver: FourierSolver,
    plain: ComplexArray,
    components: ComplexArray,
    strengths: FloatArray,
    chosen: list[int],
) -> FloatArray:
    """Return the best strengths of the chosen components, shape (chosen, epochs)."""
    lines = plain * components[:, None, :]
    others = [number for number in range(len(plain)) if number not in chosen]
    left = solver.data - (lines[others] * strengths[others][..., None]).sum(axis=0)
    mine = lines[chosen]
    counted = mine * solver.counts
    normal = np.einsum("ikf,jkf->kij", counted.conj(), mine, optimize=True).real
    right = np.einsum("ikf,kf->ki", counted.conj(), left).real
    # A strength that the lines of an epoch do not determine stays near the mean.
    weak = 1e-6 * np.trace(normal, axis1=1, axis2=2).max(initial=0.0) + 1e-300
    normal = normal + weak * np.eye(len(chosen))
    found = np.linalg.solve(normal, (right + weak)[..., None])[..., 0]
    return np.asarray(np.clip(found.T, LEAST, MOST))


def light_of(strengths: FloatArray, weights: FloatArray, least: float = 0.02) -> FloatArray | None:
    """Return the mean light of stars whose strengths vary as light does: at every epoch it sums to 1.

    Parameters
    ----------
    strengths : ndarray
        Of the stars, mean 1, shape (stars, epochs).
    weights : ndarray
        Of the epochs, shape (epochs,).
    least : float
        Scatter of the strengths, at least, for an answer.

    Returns
    -------
    ndarray or None
        Shape (stars,), the α of Σ_j α_j s_jk = 1; None where the strengths do not vary enough to tell, or
        the answer is no light.
    """
    stars = len(strengths)
    if stars < 2 or strengths.shape[1] <= stars:
        return None
    roots = np.sqrt(weights / weights.max())
    if np.average((strengths - 1.0) ** 2, axis=1, weights=weights).min() < least**2:
        return None
    found = np.linalg.lstsq((strengths * roots).T, roots, rcond=1e-3)[0]
    return np.asarray(found) if (found > 0).all() else None
