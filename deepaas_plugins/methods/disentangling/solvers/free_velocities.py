"""Velocities of every component at every epoch, free of any orbit.

With the components known, an epoch's velocities are refined by Gauss–Newton steps on that epoch alone; then
the components are solved again. A step that does not lower χ² is halved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.solvers.fourier import ComplexArray, FourierSolver

FloatArray = npt.NDArray[np.float64]

_ROUNDS, _SETTLED = 80, 1e-4
_FARTHEST = 20.0
"""Pixels of a step, at most."""


def fit_velocities(
    solver: FourierSolver,
    shifts: FloatArray,
    free: Sequence[int],
    strengths: FloatArray | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> FloatArray:
    """Refine velocities.

    Parameters
    ----------
    solver : FourierSolver
        Of the composites.
    shifts : ndarray
        Where to start, pixels, shape (components, epochs).
    free : sequence of int
        Components whose velocities are free.
    strengths : ndarray, optional
        Line strengths of the same shape.
    tell : callable, optional
        Called with rounds that are done, and their number.

    Returns
    -------
    ndarray
        Shape (components, epochs); the mean shift of each free component stays what it was, as a component
        may be moved by as much.
    """
    chosen, shifts = list(free), shifts.copy()
    solution = solver.solve(shifts, strengths)
    best = solver.power - solver.explained(solution)
    for turn in range(_ROUNDS):
        if tell is not None:
            tell(turn, _ROUNDS)
        design = solver.design(shifts, strengths)
        step = np.clip(velocity_step(solver, design, solution.components, chosen)[0], -_FARTHEST, _FARTHEST)
        step -= np.average(step, axis=1, weights=solver.weights)[:, None]
        share = 1.0
        while share > 1e-3:
            tried = shifts.copy()
            tried[chosen] += share * step
            solution = solver.solve(tried, strengths)
            value = solver.power - solver.explained(solution)
            if value < best:
                break
            share *= 0.5
        else:
            break
        settled = best - value < 1e-9 * best and float(np.abs(share * step).max()) < _SETTLED
        shifts, best = tried, value
        if settled:
            break
    return shifts


def velocity_step(
    solver: FourierSolver, design: ComplexArray, components: ComplexArray, chosen: list[int]
) -> tuple[FloatArray, FloatArray]:
    """Return the Gauss–Newton step of every epoch with the components held, and its variance.

    Parameters
    ----------
    solver : FourierSolver
        Of the composites.
    design : ndarray
        Weighted factors of the components, shape (components, epochs, frequencies).
    components : ndarray
        Transforms, shape (components, frequencies).
    chosen : list of int
        Components that move.

    Returns
    -------
    tuple of ndarray
        Steps and variances in pixels, shape (chosen, epochs) each.
    """
    slope = (-2j * np.pi / solver.size) * np.arange(solver.frequencies)
    lines = design * components[:, None, :]
    left = solver.data - lines.sum(axis=0)
    moved = lines[chosen] * slope
    counted = moved * solver.counts
    normal = np.einsum("ikf,jkf->kij", counted.conj(), moved, optimize=True).real
    right = np.einsum("ikf,kf->ki", counted.conj(), left).real
    size = np.einsum("kii->k", normal)[:, None, None]
    normal = normal + (1e-9 * size + 1e-300) * np.eye(len(chosen))
    step = np.linalg.solve(normal, right[..., None])[..., 0]
    variance = np.einsum("kii->ki", np.linalg.inv(normal))
    return np.asarray(step.T), np.asarray(variance.T)
