"""Quality measures of a map and the cells of its rows, as MiniSom defines them, in one pass over the rows.

On data that MiniSom can handle they are equal to its own (tests compare them).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepaas_plugins.methods.som.map.batch_rule import PreparedRows
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.matching import Floats, Matcher
from deepaas_plugins.methods.som.map.rows import Frame, RowSource, Values


@dataclass(frozen=True)
class Placement:
    """The cells of the rows of a training set.

    Attributes
    ----------
    cell
        Best matching cell of each row, shape (rows,).
    second
        Second best matching cell, shape (rows,); the cell itself on a map of one cell.
    distance
        Distance to the best matching prototype in feature units, shape (rows,).
    """

    cell: IntArray
    second: IntArray
    distance: Values

    def quantisation_error(self) -> float:
        """Return the mean distance of the rows to their best matching prototypes, in feature units."""
        return float(self.distance.mean())

    def topographic_error(self, grid: Grid) -> float:
        """Return the share of rows whose two best matching cells are not neighbours (Kiviluoto 1996).

        Not a number on a map of one cell.
        """
        if grid.cells < 2:
            return float("nan")
        return float(1.0 - grid.adjacent(self.cell, self.second).mean())

    def hits(self, grid: Grid) -> IntArray:
        """Return the number of rows in each cell.

        Parameters
        ----------
        grid : Grid
            The map's cells.

        Returns
        -------
        ndarray
            Shape (cells,).
        """
        return np.bincount(self.cell, minlength=grid.cells)


def place(
    source: RowSource,
    frame: Frame,
    prototypes: Values,
    watch: Callable[[], None] = lambda: None,
) -> Placement:
    """Find the two best cells of every row, in double precision.

    Parameters
    ----------
    source
        The rows.
    frame
        The frame of the computation.
    prototypes
        In feature units, shape (cells, columns).
    watch
        Called before each chunk; may raise to stop.
    """
    inside = frame.into(prototypes)
    matcher = Matcher(inside, np.float64)
    cell = np.empty(source.rows, dtype=np.int64)
    second = np.empty(source.rows, dtype=np.int64)
    distance = np.empty(source.rows)
    done = 0
    for rows, _ in PreparedRows(source, frame, np.float64, cache_bytes=0, watch=watch):
        here = slice(done, done + len(rows))
        if len(prototypes) > 1:
            cell[here], second[here] = matcher.best_two(rows)
        else:
            cell[here] = second[here] = 0
        distance[here] = distances(rows, inside, cell[here]) / frame.factor
        done = here.stop
    return Placement(cell, second, distance)


def distances(rows: Floats, prototypes: Values, cell: IntArray) -> Values:
    """Return the Euclidean distance of each row to the prototype of its cell.

    By subtraction: ``‖x‖² − 2x·w + ‖w‖²`` would lose the digits of the small distances.

    Parameters
    ----------
    rows : ndarray
        In the frame, shape (rows, columns + 1).
    prototypes : ndarray
        In the frame, shape (cells, columns).
    cell : ndarray
        Cell of each row, shape (rows,).

    Returns
    -------
    ndarray
        Shape (rows,).
    """
    difference = rows[:, :-1] - prototypes[cell]
    return np.asarray(np.sqrt(np.einsum("ij,ij->i", difference, difference)))


def u_matrix(grid: Grid, prototypes: Values) -> Values:
    """Return the mean distance of each prototype to its neighbours' (Ultsch & Siemon 1990).

    Parameters
    ----------
    grid
        The map.
    prototypes
        In feature units, shape (cells, columns).

    Returns
    -------
    ndarray
        Shape (rows, columns), in feature units; 0 on a map of one cell. Divided by its maximum it is
        MiniSom's ``distance_map(scaling="mean")`` (but see `minisom_map` for hexagonal maps).
    """
    total, count = np.zeros(grid.cells), np.zeros(grid.cells)
    for side in range(grid.neighbours.shape[1]):
        there = grid.neighbours[:, side]
        inside = np.flatnonzero(there >= 0)
        step = prototypes[inside] - prototypes[there[inside]]
        total[inside] += np.sqrt(np.einsum("ij,ij->i", step, step))
        count[inside] += 1
    return np.asarray((total / np.maximum(count, 1)).reshape(grid.rows, grid.columns))
