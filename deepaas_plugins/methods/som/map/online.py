"""Training one spectrum after the other: MiniSom's own, on the matrix in memory, measured epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepaas_plugins.methods.som.map.batch_rule import Epoch, Schedule
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.measures import place
from deepaas_plugins.methods.som.map.rows import Frame, RowSource, Values, lengthened

#: Rows between two questions whether to stop.
WATCHED_ROWS = 256


@dataclass(frozen=True)
class Online:
    """A map in training by MiniSom.

    Parameters
    ----------
    grid, frame
        The map, and the frame that rows are measured in.
    schedule
        Its search is not used: MiniSom compares all cells.
    distance
        "euclidean" or "cosine".
    seed
        Of the order of the rows.
    """

    grid: Grid
    frame: Frame
    schedule: Schedule
    distance: str
    seed: int

    def run(
        self,
        source: RowSource,
        prototypes: Values,
        after_epoch: Callable[[Epoch, Values, IntArray], None],
        watch: Callable[[], None],
        *,
        done: int = 0,
        last: IntArray | None = None,
    ) -> Values:
        """Train through all epochs.

        Parameters
        ----------
        source
            The training set; it is read into memory.
        prototypes
            To start from, in feature units, shape (cells, columns).
        after_epoch
            Called at the beginning of each epoch with what it found, the prototypes as they are then, and the
            cell of each row.
        watch
            Called every few rows; may raise to stop.
        done, last
            Epochs that are in the prototypes already, and the cells that the next one found: it is not told
            of again.

        Returns
        -------
        ndarray
            The prototypes, in feature units, shape (cells, columns).
        """
        from deepaas_plugins.methods.som.map.minisom_map import MiniSomMap  # noqa: PLC0415 - the batch rule does without

        data = np.concatenate(list(source.chunks()))
        if self.frame.unit_length:
            data = lengthened(data)
        schedule = self.schedule
        online = MiniSomMap(
            self.grid,
            prototypes,
            distance=self.distance,
            neighbourhood=schedule.neighbourhood,
            radius=schedule.radius,
            learning_rate=schedule.learning_rate,
            seed=self.seed,
        )
        last = np.full(source.rows, -1, dtype=np.int64) if last is None else last.copy()
        begin = done

        def before_row(row: int) -> None:
            if row % WATCHED_ROWS == 0:
                watch()
            if row % source.rows == 0 and not (begin and row == begin * source.rows):
                number = row // source.rows
                placement = place(source, self.frame, self._measured(online.prototypes), watch)
                moved = float(np.mean(placement.cell != last))
                last[:] = placement.cell
                radius = schedule.radius.at(number, schedule.epochs)
                rate = schedule.learning_rate.at(number, schedule.epochs)
                found = Epoch(number + 1, placement.quantisation_error(), radius, rate, moved)
                after_epoch(found, online.prototypes, placement.cell)

        online.train_epochs(data, schedule.epochs, before_row, skip=begin * source.rows)
        return self._measured(online.prototypes)

    def _measured(self, prototypes: Values) -> Values:
        """Return the prototypes as they are compared: of length 1 where the rows are."""
        return lengthened(prototypes) if self.frame.unit_length else prototypes
