"""How many points lie where: all of them, behind the sample that a plot shows."""

from __future__ import annotations

from typing import Any

import numpy as np

#: Cells along each side.
CELLS = 100


def density_of(x: Any, y: Any) -> dict[str, Any]:
    """Count points in cells.

    Parameters
    ----------
    x, y : array_like
        Coordinates, shape (points,) each; what is not finite is in no cell.

    Returns
    -------
    dict
        Edges ``x`` and ``y``, `CELLS` + 1 of each, and ``counts``, a list of the cells along x for each cell
        along y.
    """
    across, down = (np.asarray(values, dtype=np.float64) for values in (x, y))
    finite = np.isfinite(across) & np.isfinite(down)
    counts, left, low = np.histogram2d(across[finite], down[finite], bins=CELLS)
    return {"x": left.tolist(), "y": low.tolist(), "counts": counts.T.astype(int).tolist()}
