"""Values that depend on a wavelength grid only, computed once per grid."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

import numpy as np

from spectra.fault import Fault, Reason
from spectra.spectrum import FloatArray

T = TypeVar("T")


class GridCache(Generic[T]):
    """A bounded memory of one result per grid *object* (least recently used goes first).

    Grids are told apart by identity: comparing two grids of 4,000 points would cost more than most of what is
    kept here. A kept entry holds its grid, so an identity cannot come back as another array's.

    Parameters
    ----------
    limit
        How many grids are remembered.
    """

    def __init__(self, limit: int = 512) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, tuple[FloatArray, T]] = OrderedDict()

    def get(self, grid: FloatArray, make: Callable[[FloatArray], T]) -> T:
        """Return what belongs to a grid, made once.

        Parameters
        ----------
        grid : ndarray
            Wavelengths in Å, shape (n,); recognised by identity, since spectra of one instrument share it.
        make : callable
            Makes the value from the grid.

        Returns
        -------
        T
            What `make` returned the first time.
        """
        key = id(grid)
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
            return found[1]
        value = make(grid)
        self._kept[key] = (grid, value)
        if len(self._kept) > self._limit:
            self._kept.popitem(last=False)
        return value

    def __getstate__(self) -> int:
        """Pickle without the values: identities have no meaning in another process."""
        return self._limit

    def __setstate__(self, limit: int) -> None:
        """Unpickle an empty cache."""
        self._limit = limit
        self._kept = OrderedDict()


def bin_edges(grid: FloatArray) -> FloatArray:
    """Return the edges of pixels, half-way between their centres.

    Parameters
    ----------
    grid
        Centres, ascending, shape (n,), n ≥ 2.

    Returns
    -------
    FloatArray
        Shape (n + 1,); the first and the last pixel are as wide as the distance to their neighbour.
    """
    middle = 0.5 * (grid[1:] + grid[:-1])
    first = grid[0] - 0.5 * (grid[1] - grid[0])
    last = grid[-1] + 0.5 * (grid[-1] - grid[-2])
    return np.concatenate(([first], middle, [last]))


def bracket(grid: FloatArray, minimum: float, maximum: float) -> slice:
    """Return the columns from the last point at or below `minimum` to the first at or above `maximum`.

    Interpolating anywhere between the limits then needs no other column. At least two columns are returned
    where there are two, so that what is left still is a grid.

    Parameters
    ----------
    grid
        Å, ascending, shape (n,).
    minimum, maximum
        The limits, in Å.

    Returns
    -------
    slice
        Of the columns of `grid`.
    """
    start = max(int(np.searchsorted(grid, minimum, side="right")) - 1, 0)
    start = min(start, max(len(grid) - 2, 0))
    stop = min(int(np.searchsorted(grid, maximum, side="left")) + 1, len(grid))
    return slice(start, min(max(stop, start + 2), len(grid)))


def shortfall(grid: FloatArray, minimum: float, maximum: float) -> Reason | None:
    """Return why a grid does not cover a range, or None where it does.

    A grid may miss up to half of its own pixel at either end: the range of a pixel is covered, its centre is
    merely a little inside. Points out there take the value of the outermost pixel.

    Parameters
    ----------
    grid
        Å, ascending, shape (n,).
    minimum, maximum
        The limits, in Å.

    Returns
    -------
    Reason or None
        `Fault.TOO_SHORT` for a grid of fewer than 2 points, `Fault.OUTSIDE_RANGE` for one that is too narrow.
    """
    if len(grid) < 2:
        return too_few(len(grid))
    edges = 1.5 * grid[0] - 0.5 * grid[1], 1.5 * grid[-1] - 0.5 * grid[-2]
    slack = 1e-9 * maximum
    if edges[0] <= minimum + slack and edges[1] >= maximum - slack:
        return None
    return Reason(
        Fault.OUTSIDE_RANGE,
        f"it covers {grid[0]:.2f}–{grid[-1]:.2f} Å, the recipe needs {minimum:.2f}–{maximum:.2f} Å",
    )


def too_few(points: int) -> Reason:
    """Return the reason for rejecting a spectrum of so few points."""
    return Reason(Fault.TOO_SHORT, f"it has {points} points, at least 2 are needed")
