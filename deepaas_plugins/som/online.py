"""Training one spectrum after the other: MiniSom's own, on the matrix in memory, measured epoch by epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from deepaas_plugins.som.batch_rule import Epoch, Schedule
from deepaas_plugins.som.grid import Grid
from deepaas_plugins.som.measures import place
from deepaas_plugins.som.rows import Frame, RowSource, Values, lengthened

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
        after_epoch: Callable[[Epoch], None],
        watch: Callable[[], None],
    ) -> Values:
        """Train through all epochs.

        Parameters
        ----------
        source
            The training set; it is read into memory.
        prototypes
            To start from, in feature units, shape (cells, columns).
        after_epoch
            Called with what each epoch found.
        watch
            Called every few rows; may raise to stop.

        Returns
        -------
        ndarray
            The prototypes, in feature units, shape (cells, columns).
        """
        from deepaas_plugins.som.minisom_map import MiniSomMap  # noqa: PLC0415 - the batch rule does without

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
        last = np.full(source.rows, -1, dtype=np.int64)

        def before_row(done: int) -> None:
            if done % WATCHED_ROWS == 0:
                watch()
            if done % source.rows == 0:
                number = done // source.rows
                placement = place(source, self.frame, self._measured(online.prototypes), watch)
                moved = float(np.mean(placement.cell != last))
                last[:] = placement.cell
                radius = schedule.radius.at(number, schedule.epochs)
                rate = schedule.learning_rate.at(number, schedule.epochs)
                after_epoch(Epoch(number + 1, placement.quantisation_error(), radius, rate, moved))

        online.train_epochs(data, schedule.epochs, before_row)
        return self._measured(online.prototypes)

    def _measured(self, prototypes: Values) -> Values:
        """Return the prototypes as they are compared: of length 1 where the rows are."""
        return lengthened(prototypes) if self.frame.unit_length else prototypes
