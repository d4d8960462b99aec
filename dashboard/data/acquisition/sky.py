"""Positions on an equal-area map of the sky (Mollweide), for a drawing of any size.

Projection: Snyder, "Map Projections: A Working Manual" (1987), section 31.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable

CELLS = 180  # across the map
STEPS = 8  # of Newton's method; it converges in four away from the poles


def mollweide(ra: float, dec: float) -> tuple[float, float]:
    """Return a position on the map.

    Parameters
    ----------
    ra, dec : float
        Degrees.

    Returns
    -------
    x, y : float
        From -2 to 2, and from -1 to 1: right ascension grows to the left, 180° at both sides.
    """
    latitude = math.radians(dec)
    angle = latitude
    target = math.pi * math.sin(latitude)
    for _ in range(STEPS):
        slope = 2 + 2 * math.cos(2 * angle)
        if slope < 1e-9:
            break
        angle -= (2 * angle + math.sin(2 * angle) - target) / slope
    longitude = math.radians((ra + 180.0) % 360.0 - 180.0)
    return -2 * longitude / math.pi * math.cos(angle), math.sin(angle)


def cells(positions: Iterable[tuple[float, float]]) -> list[dict[str, float]]:
    """Return how many positions lie in each cell of a grid over the map.

    Parameters
    ----------
    positions : iterable of (float, float)
        Right ascension and declination in degrees.

    Returns
    -------
    list of dict
        ``x``, ``y`` of the cell's middle, from -2 to 2 and -1 to 1, and ``count``.
    """
    found: Counter[tuple[int, int]] = Counter()
    size = 4 / CELLS
    for ra, dec in positions:
        x, y = mollweide(ra, dec)
        found[math.floor(x / size), math.floor(y / size)] += 1
    return [
        {"x": round((i + 0.5) * size, 4), "y": round((j + 0.5) * size, 4), "count": count}
        for (i, j), count in sorted(found.items())
    ]
