"""Initial prototypes."""

from __future__ import annotations

from typing import Literal

import numpy as np

from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.rows import Frame, RowSource, Values

Start = Literal["pca", "random"]

#: Rows from which principal components are computed; a random sample where there are more.
SAMPLE_ROWS = 2048


def prototypes(kind: Start, grid: Grid, source: RowSource, frame: Frame, seed: int) -> Values:
    """Return the first prototypes.

    Parameters
    ----------
    kind
        "pca": the plane of the two first principal components about the mean, one standard deviation to each
        side, the longer side of the map along the first (Vesanto & Alhoniemi 2000, SOM Toolbox). "random":
        rows picked at random.
    grid
        The map.
    source
        The training set.
    frame
        The frame that the prototypes are wanted in.
    seed
        Of the random choice.

    Returns
    -------
    ndarray
        In the frame, shape (cells, columns).
    """
    generator = np.random.default_rng(seed)
    if kind == "random":
        repeated = source.rows < grid.cells
        chosen = generator.choice(source.rows, grid.cells, replace=repeated)
        return _taken(source, frame, chosen)
    chosen = np.arange(source.rows)
    if source.rows > SAMPLE_ROWS:
        chosen = np.sort(generator.choice(source.rows, SAMPLE_ROWS, replace=False))
    sample = _taken(source, frame, chosen)
    mean = sample.mean(axis=0)
    long, short = _axes(sample - mean)
    across, down = np.linspace(-1.0, 1.0, grid.columns), np.linspace(-1.0, 1.0, grid.rows)
    first, second = (across, down) if grid.columns >= grid.rows else (down, across)
    plane = np.multiply.outer(first, long)[:, None] + np.multiply.outer(second, short)[None, :]
    if grid.columns >= grid.rows:
        plane = plane.swapaxes(0, 1)
    return np.asarray(mean + plane.reshape(grid.cells, -1))


def _taken(source: RowSource, frame: Frame, indices: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Values:
    """Return rows in the frame in the order asked, however the source orders what it gives."""
    order = np.argsort(indices, kind="stable")
    rows = frame.rows(source.take(indices[order]), np.float64)[:, :-1]
    out = np.empty_like(rows)
    out[order] = rows
    return np.asarray(out, dtype=np.float64)


def _axes(centred: Values) -> tuple[Values, Values]:
    """Return the two first principal axes, as long as the deviation along them; zeros where there is none.

    The smaller of the two matrices of products is decomposed (columns × columns, or rows × rows).
    """
    rows, columns = centred.shape
    wide = columns > rows
    products = (centred @ centred.T if wide else centred.T @ centred) / rows
    values, vectors = np.linalg.eigh(products)
    axes = []
    for k in (1, 2):
        if k > len(values) or values[-k] <= values[-1] * 1e-12 or values[-k] <= 0:
            axes.append(np.zeros(columns))
            continue
        vector = centred.T @ vectors[:, -k] if wide else vectors[:, -k]
        vector = vector / np.linalg.norm(vector)
        sign = np.sign(vector[np.abs(vector).argmax()])  # the sign of an axis is free: fix it
        axes.append(vector * sign * np.sqrt(values[-k]))
    return axes[0], axes[1]
