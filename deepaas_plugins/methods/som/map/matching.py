"""The best matching cell of each row: one matrix product, one argmax.

``‖x − w‖² = ‖x‖² − 2·(x·w − ½‖w‖²)``: the nearest prototype is the one with the largest ``x·w − ½‖w‖²``. With
a one appended to every row and ``−½‖w‖²`` to every prototype, that is a single product of matrices (GEMM),
the fastest thing a processor does. `rows.Frame` appends the ones and sees to it that the numbers are small.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.som.map.grid import Grid, IntArray

Floats = npt.NDArray[np.floating]

#: Bytes of the scores that are computed at a time: they stay in the cache until the argmax has read them.
SCORE_BYTES = 4 * 2**20


class Best(NamedTuple):
    """The best matching cells of some rows.

    Attributes
    ----------
    cell
        Shape (rows,).
    score
        ``x·w − ½‖w‖²`` of that cell, shape (rows,).
    """

    cell: IntArray
    score: Floats


class Matcher:
    """Finds best matching cells for rows in the frame.

    Parameters
    ----------
    prototypes
        In the frame, shape (cells, columns).
    dtype
        Precision of the products: single for training, double where one answer counts.
    """

    def __init__(self, prototypes: npt.NDArray[np.float64], dtype: npt.DTypeLike = np.float32) -> None:
        cells, columns = prototypes.shape
        self.prototypes: Floats = np.empty((cells, columns + 1), dtype=dtype)
        self._block = max(16, SCORE_BYTES // (self.prototypes.itemsize * cells))
        self._scores = np.empty((self._block, cells), dtype=dtype)
        self.move_to(prototypes)

    def move_to(self, prototypes: npt.NDArray[np.float64]) -> None:
        """Replace the prototypes.

        Parameters
        ----------
        prototypes : ndarray
            In the frame, shape (cells, columns); as many as before.
        """
        self.prototypes[:, :-1] = prototypes
        self.prototypes[:, -1] = -0.5 * np.einsum("ij,ij->i", prototypes, prototypes)

    def best(self, rows: Floats) -> Best:
        """Return the nearest cell of each row, the lowest number where several are equally near.

        Parameters
        ----------
        rows : ndarray
            In the frame, shape (rows, columns + 1).

        Returns
        -------
        Best
            Cell and score of each row.
        """
        cell = np.empty(len(rows), dtype=np.int64)
        score = np.empty(len(rows), dtype=rows.dtype)
        for here, scores in self._blocks(rows):
            np.argmax(scores, axis=1, out=cell[here])
            score[here] = np.take_along_axis(scores, cell[here, None], axis=1)[:, 0]
        return Best(cell, score)

    def best_two(self, rows: Floats) -> tuple[IntArray, IntArray]:
        """Return the nearest and the second nearest cell of each row; the map has at least two.

        Parameters
        ----------
        rows : ndarray
            In the frame, shape (rows, columns + 1).

        Returns
        -------
        ndarray, ndarray
            Numbers of cells, shape (rows,) each.
        """
        first = np.empty(len(rows), dtype=np.int64)
        second = np.empty(len(rows), dtype=np.int64)
        for here, scores in self._blocks(rows):
            np.argmax(scores, axis=1, out=first[here])
            np.put_along_axis(scores, first[here, None], -np.inf, axis=1)
            np.argmax(scores, axis=1, out=second[here])
        return first, second

    def probe(self, rows: Floats, start: IntArray, grid: Grid, steps: int) -> Best:
        """Climb from a cell to its best neighbour until none is better, at most so many steps.

        VO-CLOUD's "probing": the cost does not grow with the map, but a row may stop at a cell that is only
        the best of its neighbours. Starting where the row was in the last epoch makes that rare.

        Parameters
        ----------
        rows
            In the frame, shape (rows, columns + 1).
        start
            Cell to start from, shape (rows,).
        grid
            The map, for its neighbours.
        steps
            Most steps that are taken.
        """
        cell = start.copy()
        score = np.einsum("ij,ij->i", rows, self.prototypes[cell])
        moving = np.arange(len(rows))
        for _ in range(steps):
            if len(moving) == 0:
                break
            around = grid.neighbours[cell[moving]]
            value = np.full(around.shape, -np.inf, dtype=rows.dtype)
            for side in range(around.shape[1]):
                there = np.flatnonzero(around[:, side] >= 0)
                value[there, side] = np.einsum(
                    "ij,ij->i", rows[moving[there]], self.prototypes[around[there, side]]
                )
            side = value.argmax(axis=1)
            best = np.take_along_axis(value, side[:, None], axis=1)[:, 0]
            better = best > score[moving]
            cell[moving[better]] = around[better, side[better]]
            score[moving[better]] = best[better]
            moving = moving[better]
        return Best(cell, score)

    def _blocks(self, rows: Floats) -> Iterator[tuple[slice, Floats]]:
        """Yield blocks of rows and their scores against all cells; the next block overwrites the scores."""
        for start in range(0, len(rows), self._block):
            here = slice(start, min(start + self._block, len(rows)))
            scores = self._scores[: here.stop - start]
            np.matmul(rows[here], self.prototypes.T, out=scores)
            yield here, scores
