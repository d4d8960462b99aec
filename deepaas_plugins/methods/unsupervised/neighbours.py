"""Nearest neighbours by Euclidean distance: exact, or approximate by an inverted file.

An inverted file (Jégou, Douze & Schmid 2011, IEEE TPAMI 33, 117) divides the rows into cells about k-means
centres; the neighbours of a row are sought in the cells nearest to its own. All rows of a cell are compared
in one product of matrices, and every cell by itself, so that threads share them. Distances are exact; now and
then a neighbour is missed. Nothing is compiled at run time (see docs/decisions/neighbours.md).
"""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from deepaas_plugins.pipeline.processors import processors

Matrix = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

#: Up to so many rows neighbours are sought among all.
EXACT = 20_000
#: Rows of a cell on average, and cells that are searched about each.
CELL_ROWS, PROBES = 100, 14
#: At least so many times as many rows are looked at, on average, as neighbours are wanted.
SAFETY = 4
#: Rows that the centres are learned from, for each of them; passes over these.
ROWS_PER_CENTRE, PASSES = 20, 3
#: Queries that a thread takes at a time, rows compared with centres at once, and numbers that are held at
#: once.
QUERIES, BLOCK, HELD = 1024, 4096, 2**22
#: Candidates are gathered by the least of so many distances: the k nearest lie in the k nearest groups.
GROUP = 16
#: More are taken by the rounded product; exact distances then choose among them.
SPARE = 4


@dataclass(frozen=True)
class Neighbours:
    """Nearest rows of each query, the nearest first.

    Attributes
    ----------
    distance
        Shape (queries, k), float32; infinite where fewer than k were found.
    row
        Shape (queries, k), int64; 0 where none was found.
    """

    distance: Matrix
    row: IntArray


class NeighbourIndex:
    """Rows, ready to be searched.

    Parameters
    ----------
    rows
        Shape (rows, columns), float32, finite.
    seed
        Of the centres of the cells.
    exact
        Whether to compare with every row; None: where there are at most `EXACT`.
    """

    def __init__(self, rows: Matrix, *, seed: int = 0, exact: bool | None = None) -> None:
        self.exact = len(rows) <= EXACT if exact is None else exact
        self._cells = _Cells.one(rows) if self.exact else _Cells.divide(rows, seed)
        self._near: dict[int, IntArray] = {}

    def search(self, queries: Matrix, k: int) -> Neighbours:
        """Return the k nearest rows of each query.

        Parameters
        ----------
        queries : ndarray
            Shape (queries, columns), float32.
        k : int
            At most the number of rows.

        Returns
        -------
        Neighbours
            The answer for a query does not depend on those beside it.
        """
        return self._searched(queries, self._cells.nearest(queries), None, k)

    def among_themselves(self, k: int) -> Neighbours:
        """Return the k nearest other rows of each row.

        Parameters
        ----------
        k : int
            Less than the number of rows.

        Returns
        -------
        Neighbours
            In the order of the rows.
        """
        cells = self._cells
        cell = np.empty(len(cells.rows), dtype=np.int64)
        cell[cells.order] = np.repeat(np.arange(len(cells.centres)), np.diff(cells.first))
        place = np.empty_like(cell)
        place[cells.order] = np.arange(len(cell))
        queries = cells.rows[place]
        return self._searched(queries, cell, place, k)

    def _searched(self, queries: Matrix, cell: IntArray, own: IntArray | None, k: int) -> Neighbours:
        found = Neighbours(
            np.full((len(queries), k), np.inf, dtype=np.float32), np.zeros((len(queries), k), dtype=np.int64)
        )
        order = np.argsort(cell, kind="stable")
        begins = np.searchsorted(cell[order], np.arange(len(self._cells.centres) + 1))
        probes = max(PROBES, SAFETY * k // CELL_ROWS)
        near = self._near[probes] = self._near[probes] if probes in self._near else self._cells.near(probes)
        work = partial(self._cell, near=near, queries=queries, own=own, found=found)
        parts = [
            (number, order[begin : min(begin + QUERIES, begins[number + 1])])
            for number in np.unique(cell)
            for begin in range(begins[number], begins[number + 1], QUERIES)
        ]
        if len(parts) == 1:
            work(*parts[0])
            return found
        # One thread a cell: the products are too small to be divided.
        with _one_thread_each(), ThreadPoolExecutor(processors()) as pool:
            for _ in pool.map(lambda part: work(*part), parts):
                pass
        return found

    def _cell(
        self,
        number: int,
        wanted: IntArray,
        *,
        near: IntArray,
        queries: Matrix,
        own: IntArray | None,
        found: Neighbours,
    ) -> None:
        """Search the cells about one of them, for the queries in it."""
        cells = self._cells
        places = cells.places(near[number])
        candidates = cells.rows[places] if len(places) < len(cells.rows) else cells.rows
        half = cells.half_squares[places]
        step = max(HELD // max(len(places), found.row.shape[1] * cells.rows.shape[1]), 1)
        for begin in range(0, len(wanted), step):
            some = wanted[begin : begin + step]
            rows = queries[some]
            values = half - rows @ candidates.T  # half the squared distance, less that of the query
            if own is not None:
                values[np.arange(len(some)), np.searchsorted(places, own[some])] = np.inf
            k = min(found.row.shape[1], len(places))
            nearest = _least(values, min(k + SPARE, len(places)))
            at = places[nearest]
            difference = cells.rows[at] - rows[:, None, :]
            exact = np.sqrt(np.einsum("ijk,ijk->ij", difference, difference))
            exact[~np.isfinite(np.take_along_axis(values, nearest, 1))] = np.inf
            ascending = np.argsort(exact, axis=1, kind="stable")[:, :k]
            found.distance[some, :k] = np.take_along_axis(exact, ascending, 1)
            found.row[some, :k] = cells.order[np.take_along_axis(at, ascending, 1)]


@dataclass(frozen=True)
class _Cells:
    """Rows in the order of their cells, with the centres; no cell is empty."""

    rows: Matrix
    order: IntArray
    half_squares: Matrix
    centres: Matrix
    first: IntArray

    @classmethod
    def one(cls, rows: Matrix) -> Self:
        """Return all rows in one cell."""
        centre = np.zeros((1, rows.shape[1]), dtype=np.float32)
        return cls(rows, np.arange(len(rows)), _half_squares(rows), centre, np.array([0, len(rows)]))

    @classmethod
    def divide(cls, rows: Matrix, seed: int) -> Self:
        """Divide rows into cells."""
        count = max(len(rows) // CELL_ROWS, 1)
        centres = _centres(rows, count, np.random.default_rng(seed))
        held, cell = np.unique(_nearest(rows, centres), return_inverse=True)
        centres = centres[held]
        order = np.argsort(cell, kind="stable")
        ordered = rows[order]
        first = np.searchsorted(cell[order], np.arange(len(centres) + 1))
        return cls(ordered, order, _half_squares(ordered), centres, first)

    def nearest(self, queries: Matrix) -> IntArray:
        """Return the cell of each query."""
        return _nearest(queries, self.centres)

    def near(self, probes: int) -> IntArray:
        """Return the cells nearest to each, shape (cells, probes), ascending."""
        probes = min(probes, len(self.centres))
        half = _half_squares(self.centres)
        parts = [
            np.argpartition(half - self.centres[at : at + QUERIES] @ self.centres.T, probes - 1)[:, :probes]
            for at in range(0, len(self.centres), QUERIES)
        ]
        return np.sort(np.concatenate(parts), axis=1)

    def places(self, cells: IntArray) -> IntArray:
        """Return the places of the rows of some cells, ascending."""
        return np.concatenate([np.arange(self.first[cell], self.first[cell + 1]) for cell in cells])


def _one_thread_each() -> contextlib.AbstractContextManager[object]:
    """Limit matrix products to one thread each, where the process may see which libraries it has loaded."""
    try:
        limits: contextlib.AbstractContextManager[object] = threadpool_limits(1, user_api="blas")
    except OSError:  # isolated, as workers that serve are
        return contextlib.nullcontext()
    return limits


def _half_squares(rows: Matrix) -> Matrix:
    return np.asarray(np.einsum("ij,ij->i", rows, rows) / 2, dtype=np.float32)


def _nearest(rows: Matrix, centres: Matrix) -> IntArray:
    half = _half_squares(centres)
    parts = [
        (half - rows[begin : begin + BLOCK] @ centres.T).argmin(axis=1)
        for begin in range(0, len(rows), BLOCK)
    ]
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _centres(rows: Matrix, count: int, random: np.random.Generator) -> Matrix:
    """Return the centres of k-means on a sample of the rows."""
    size = min(len(rows), ROWS_PER_CENTRE * count)
    sample = rows[np.sort(random.choice(len(rows), size, replace=False))]
    centres = sample[random.choice(size, count, replace=False)].copy()
    for _ in range(PASSES):
        cell = _nearest(sample, centres)
        order = np.argsort(cell, kind="stable")
        held, begins = np.unique(cell[order], return_index=True)
        sums = np.add.reduceat(sample[order], begins, axis=0)
        centres[held] = sums / np.diff(np.append(begins, size))[:, None]
    return centres


def _least(values: npt.NDArray[np.floating[Any]], k: int) -> IntArray:
    """Return the places of the k least values of each row, in any order."""
    rows, columns = values.shape
    groups = columns // GROUP
    if groups <= 2 * k:
        return np.argpartition(values, k - 1, axis=1)[:, :k]
    whole = groups * GROUP
    least = values[:, :whole].reshape(rows, GROUP, groups).min(axis=1)
    best = np.argpartition(least, k - 1, axis=1)[:, :k]
    places = (best[:, None, :] + (np.arange(GROUP) * groups)[None, :, None]).reshape(rows, -1)
    rest = np.broadcast_to(np.arange(whole, columns), (rows, columns - whole))
    places = np.concatenate([places, rest], axis=1)
    inner = np.argpartition(np.take_along_axis(values, places, 1), k - 1, axis=1)[:, :k]
    return np.take_along_axis(places, inner, 1)
