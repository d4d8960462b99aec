"""Kohonen's batch rule as products of matrices, streamed.

In each epoch every row is given to its best matching cell (`matching`); the rows of each cell are summed (one
sparse product); and every prototype becomes the mean of all rows, weighted by how far their winners reach::

    w_j = Σ_i h_ij S_i / Σ_i h_ij c_i        S_i: sum of the rows won by cell i, c_i: their number

(Kohonen 2013). The neighbourhood is applied to the sums of the cells, not to the rows: the cost of it
does not depend on the number of rows. Rows are read in chunks; what does not fit into a fixed cache is read
again each epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_array

from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid, IntArray, Neighbourhood
from deepaas_plugins.methods.som.map.matching import Best, Floats, Matcher
from deepaas_plugins.methods.som.map.rows import Frame, RowSource, Values

Search = Literal["full", "probing"]

#: Bytes of prepared chunks that are kept from epoch to epoch.
CACHE_BYTES = 256 * 2**20

#: Bytes of the part of the neighbourhood matrix that is in memory at a time.
REACH_BYTES = 64 * 2**20


@dataclass(frozen=True)
class Schedule:
    """The schedule of a training.

    Attributes
    ----------
    epochs
        Passes over the training set.
    neighbourhood
        Shape of the neighbourhood.
    radius
        Its radius, in cells.
    learning_rate
        The fraction of the way to its new value that a prototype moves in an epoch; 1 is Kohonen's rule.
    search
        "full": all cells are compared. "probing": see `matching.Matcher.probe`.
    probing_steps
        Most steps of a probing search.
    """

    epochs: int
    neighbourhood: Neighbourhood
    radius: Decay
    learning_rate: Decay
    search: Search = "full"
    probing_steps: int = 10


@dataclass(frozen=True)
class Epoch:
    """The result of an epoch.

    Attributes
    ----------
    number
        Counted from 1.
    quantisation_error
        Mean distance of the rows to the best matching prototypes *before* the epoch's step, in feature units.
    radius, learning_rate
        Of this epoch.
    moved
        Share of rows whose best matching cell differs from the epoch before (1 in the first).
    """

    number: int
    quantisation_error: float
    radius: float
    learning_rate: float
    moved: float


class PreparedRows:
    """Chunks of a source in the frame, kept in memory as far as the cache goes.

    Parameters
    ----------
    source, frame
        What is read, and the frame it is brought into.
    dtype
        Precision.
    cache_bytes
        Most bytes that are kept.
    watch
        Called before each chunk; may raise to stop.
    """

    def __init__(
        self,
        source: RowSource,
        frame: Frame,
        dtype: npt.DTypeLike = np.float32,
        cache_bytes: int = CACHE_BYTES,
        watch: Callable[[], None] = lambda: None,
    ) -> None:
        self._source, self._frame, self._dtype, self._watch = source, frame, dtype, watch
        size = source.rows * (source.columns + 1) * np.dtype(dtype).itemsize
        self._keep = size <= cache_bytes  # all or nothing: a part would only delay the reading of the rest
        self._kept: list[tuple[Floats, Floats]] = []

    def __iter__(self) -> Iterator[tuple[Floats, Floats]]:
        """Yield chunks and the squared lengths of their rows."""
        if self._kept:
            for pair in self._kept:
                self._watch()
                yield pair
            return
        kept = []
        for chunk in self._source.chunks():
            self._watch()
            rows = self._frame.rows(chunk, self._dtype)
            inside = rows[:, :-1]
            pair = rows, np.einsum("ij,ij->i", inside, inside)
            if self._keep:
                kept.append(pair)
            yield pair
        self._kept = kept


class BatchTraining:
    """A map in training by the batch rule.

    Parameters
    ----------
    grid
        The map.
    frame
        The frame of the computation.
    prototypes
        To start from, in the frame, shape (cells, columns).
    schedule
        Epochs, radius and the like.
    dtype
        Precision of the products.

    Attributes
    ----------
    last
        Cell of each row in the newest epoch, shape (rows,); −1 before the first.
    """

    def __init__(
        self,
        grid: Grid,
        frame: Frame,
        prototypes: Values,
        schedule: Schedule,
        dtype: npt.DTypeLike = np.float32,
    ) -> None:
        self.grid, self.frame, self.prototypes, self.schedule = grid, frame, prototypes, schedule
        self._dtype = dtype
        self._matcher = Matcher(prototypes, dtype)
        self.last: IntArray = np.empty(0, dtype=np.int64)

    def run(
        self,
        source: RowSource,
        after_epoch: Callable[[Epoch], None] = lambda _: None,
        watch: Callable[[], None] = lambda: None,
        begin: int = 0,
    ) -> Values:
        """Train through all epochs.

        Parameters
        ----------
        source
            The training set.
        after_epoch
            Called with what each epoch found.
        watch
            Called before each chunk; may raise to stop.
        begin
            Epochs that are done already: the prototypes and `last` are as they were then.

        Returns
        -------
        ndarray
            The prototypes, in the frame, shape (cells, columns).
        """
        prepared = PreparedRows(source, self.frame, self._dtype, watch=watch)
        if len(self.last) != source.rows:
            self.last = np.full(source.rows, -1, dtype=np.int64)
        for number in range(begin, self.schedule.epochs):
            after_epoch(self._epoch(prepared, number))
        return self.prototypes

    def _epoch(self, prepared: PreparedRows, number: int) -> Epoch:
        """Assign all rows to cells, then move the prototypes."""
        schedule = self.schedule
        radius = schedule.radius.at(number, schedule.epochs)
        rate = schedule.learning_rate.at(number, schedule.epochs)
        self._matcher.move_to(self.prototypes)
        sums = np.zeros((self.grid.cells, self.prototypes.shape[1] + 1))
        distance, moved, done = 0.0, 0, 0
        for rows, squared in prepared:
            here = slice(done, done + len(rows))
            best = self._best(rows, self.last[here])
            moved += int(np.count_nonzero(best.cell != self.last[here]))
            self.last[here] = best.cell
            distance += float(np.sqrt(np.maximum(squared - 2.0 * best.score, 0.0)).sum(dtype=np.float64))
            sums += cell_sums(rows, best.cell, self.grid.cells)
            done = here.stop
        self._step(sums, radius, rate)
        return Epoch(number + 1, distance / done / self.frame.factor, radius, rate, moved / done)

    def _best(self, rows: Floats, last: IntArray) -> Best:
        if self.schedule.search == "probing" and last[0] >= 0:
            return self._matcher.probe(rows, last, self.grid, self.schedule.probing_steps)
        return self._matcher.best(rows)

    def _step(self, sums: Values, radius: float, rate: float) -> None:
        """Spread the cells' sums over their neighbourhoods and move the prototypes towards the means."""
        cells = self.grid.cells
        block = max(1, REACH_BYTES // (8 * cells))
        new = self.prototypes.copy()
        for start in range(0, cells, block):
            here = slice(start, min(start + block, cells))
            spread = self.grid.reach(self.schedule.neighbourhood, radius, here) @ sums
            weight = spread[:, -1:]
            reached = weight[:, 0] > 0
            mean = spread[reached, :-1] / weight[reached]
            part = new[here]
            part[reached] += rate * (mean - part[reached])
        self.prototypes = self.frame.into(self.frame.out_of(new)) if self.frame.unit_length else new


def cell_sums(rows: Floats, cell: IntArray, cells: int) -> Floats:
    """Sum the rows of each cell: the product of the sparse matrix "row i belongs to cell j" with the rows.

    Parameters
    ----------
    rows
        Shape (rows, columns + 1), the last column ones: its sums are the numbers of rows.
    cell
        Cell of each row, shape (rows,).
    cells
        Number of cells.

    Returns
    -------
    ndarray
        Shape (cells, columns + 1).
    """
    ones = np.ones(len(rows), dtype=rows.dtype)
    membership = csc_array((ones, cell, np.arange(len(rows) + 1)), shape=(cells, len(rows)))
    return np.asarray(membership @ rows)
