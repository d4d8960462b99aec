"""Which points lie within a polygon that was drawn around them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def within(x: Floats, y: Floats, polygon: Floats) -> npt.NDArray[np.bool_]:
    """Return which points are inside a polygon, by the even-odd rule.

    Parameters
    ----------
    x, y : (n,) array
        The points; NaN is inside nothing.
    polygon : (m, 2) array
        Its corners in their order; it is closed.

    Returns
    -------
    (n,) bool array
        True inside.
    """
    low, high = polygon.min(axis=0), polygon.max(axis=0)
    near = np.flatnonzero((x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1]))
    px, py = x[near], y[near]
    inside = np.zeros(len(near), dtype=bool)
    for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
        crosses = (y0 > py) != (y1 > py)
        if y0 != y1:
            inside ^= crosses & (px < (x1 - x0) * (py - y0) / (y1 - y0) + x0)
    found = np.zeros(len(x), dtype=bool)
    found[near] = inside
    return found
