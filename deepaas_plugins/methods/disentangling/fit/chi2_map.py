"""χ² over two elements, the others as in the solution."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.disentangling.fit.problem import Problem
from deepaas_plugins.methods.disentangling.orbit.elements import ELEMENTS
from deepaas_plugins.methods.disentangling.solvers.fourier import FourierSolver

FloatArray = npt.NDArray[np.float64]

#: Errors to either side of the solution that a map shows.
REACH = 8.0
#: Of an element without an error: share of its value.
SHARE = 0.2


@dataclass(frozen=True)
class Chi2Map:
    """A map.

    Attributes
    ----------
    x_name, y_name
        Elements.
    x, y
        Their values, shape (points,) each.
    chi2
        Reduced, shape (points of y, points of x).
    """

    x_name: str
    y_name: str
    x: FloatArray
    y: FloatArray
    chi2: FloatArray


def chi2_map(
    problem: Problem,
    solver: FourierSolver,
    elements: Mapping[str, float],
    errors: Mapping[str, float],
    *,
    names: tuple[str, str],
    points: int,
    degrees: int,
    strengths: FloatArray,
    tell: Callable[[int, int], None],
) -> Chi2Map:
    """Compute a map about the solution.

    Parameters
    ----------
    problem : Problem
        Gives shifts of elements.
    solver : FourierSolver
        Gives χ² of shifts.
    elements, errors : mapping
        Of the solution.
    names : tuple of str
        Elements along x and y.
    points : int
        Along each side.
    degrees : int
        Of freedom, that χ² is divided by.
    strengths : ndarray
        Line strengths, shape (components, epochs).
    tell : callable
        Called with rows that are done, and their number.
    """
    x, y = (_axis(name, elements[name], errors.get(name), points) for name in names)
    found = np.empty((points, points))
    for row, second in enumerate(y):
        tell(row, points)
        for column, first in enumerate(x):
            changed = {**elements, names[0]: float(first), names[1]: float(second)}
            shifts = problem.shifts_of(problem.stellar(changed))
            found[row, column] = solver.chi2(shifts, strengths) / degrees
    return Chi2Map(*names, x, y, found)


def _axis(name: str, value: float, error: float | None, points: int) -> FloatArray:
    reach = REACH * error if error is not None and np.isfinite(error) and error > 0 else 0.0
    scale = max(abs(value), 1.0) if name not in {"periastron", "outer_periastron"} else 1.0
    if reach == 0.0:
        reach = SHARE * scale
    element = ELEMENTS[name]
    return np.linspace(max(value - reach, element.low), min(value + reach, element.high), points)
