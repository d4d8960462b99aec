"""Our maps as MiniSom objects, and MiniSom's own training with our parameters.

MiniSom numbers cells ``[x, y]`` with y upwards; our rows are counted from the top, so that ``y = rows − 1 −
row``. On hexagonal maps this makes MiniSom's plane the mirror image of ours whatever the number of rows
(MiniSom shifts every second row counted from the last one). MiniSom's `distance_map`, though, looks for
hexagonal neighbours as if the even rows were shifted: where the number of rows is even, that contradicts its
own plane, and only `measures.u_matrix` is right.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from minisom import MiniSom

from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid, Neighbourhood
from deepaas_plugins.methods.som.map.rows import Values


class MiniSomMap(MiniSom):  # type: ignore[misc] # MiniSom carries no types
    """A MiniSom whose radius and learning rate follow our schedules, and which can be watched and stopped.

    Parameters
    ----------
    grid
        The map.
    prototypes
        Shape (cells, columns).
    distance
        "euclidean" or "cosine".
    neighbourhood, radius, learning_rate
        As in `batch_rule.Schedule`.
    seed
        Of the order of the rows.
    """

    def __init__(
        self,
        grid: Grid,
        prototypes: Values,
        *,
        distance: str = "euclidean",
        neighbourhood: Neighbourhood = "gaussian",
        radius: Decay | None = None,
        learning_rate: Decay | None = None,
        seed: int = 0,
    ) -> None:
        self._radius = radius or Decay(1.0, 1.0)
        self._rate = learning_rate or Decay(0.5, 0.5)
        super().__init__(
            grid.columns,
            grid.rows,
            prototypes.shape[1],
            sigma=1,  # ours is used instead; MiniSom warns of values that it finds odd
            learning_rate=self._rate.start,
            decay_function=lambda _, epoch, epochs: self._rate.at(epoch, epochs),
            topology=grid.topology,
            activation_distance=distance,
            random_seed=seed,
        )
        self.grid = grid
        self._kind = neighbourhood
        self._sigma_decay_function = lambda _, epoch, epochs: self._radius.at(epoch, epochs)
        self.neighborhood = self._our_neighbourhood
        self._weights = to_minisom(grid, np.asarray(prototypes, dtype=np.float64))
        self._watch: Callable[[int], None] | None = None
        self._done = self._skip = 0

    @property
    def prototypes(self) -> Values:
        """Prototypes in the order of our cells.

        Returns
        -------
        ndarray
            Shape (cells, columns).
        """
        return from_minisom(self.grid, self._weights)

    def train_epochs(
        self, data: npt.NDArray[np.floating], epochs: int, watch: Callable[[int], None], skip: int = 0
    ) -> None:
        """Train with MiniSom's `train`: rows one by one, in a random order, so many times.

        Parameters
        ----------
        data
            Shape (rows, columns).
        epochs
            Passes over the rows.
        watch
            Called before each row with the number of rows done; may raise to stop.
        skip
            Rows that are in the prototypes already: the order is the same, training begins after them.
        """
        self._watch, self._done, self._skip = watch, 0, skip
        self.train(data, epochs, random_order=True, use_epochs=True)

    def winner(self, x: Any) -> Any:
        """Return the place of the nearest prototype (MiniSom's); any place, for rows that are passed over."""
        return (0, 0) if self._done < self._skip else super().winner(x)

    def update(self, x: Any, win: Any, t: int, max_iteration: int) -> None:
        """Move the prototypes towards a row, as MiniSom does, after asking whether to go on.

        Parameters
        ----------
        x : ndarray
            The row, shape (columns,).
        win : tuple of int
            Its nearest cell, in MiniSom's order.
        t : int
            Number of the step.
        max_iteration : int
            Number of steps.
        """
        if self._done < self._skip:
            self._done += 1
            return
        if self._watch is not None:
            self._watch(self._done)
            self._done += 1
        super().update(x, win, t, max_iteration)

    def _our_neighbourhood(self, winner: tuple[int, int], radius: float) -> Values:
        """Return `Grid.reach` of one winner in MiniSom's form, shape (columns, rows)."""
        x, y = winner
        cell = (self.grid.rows - 1 - int(y)) * self.grid.columns + int(x)
        reach = self.grid.reach(self._kind, radius, np.array([cell]))
        return to_minisom(self.grid, reach.T)[:, :, 0]


def to_minisom(grid: Grid, values: Values) -> Values:
    """Return values of cells in MiniSom's order.

    Parameters
    ----------
    grid : Grid
        The map's cells.
    values : ndarray
        Shape (cells, n).

    Returns
    -------
    ndarray
        Shape (columns, rows, n).
    """
    return np.ascontiguousarray(values.reshape(grid.rows, grid.columns, -1)[::-1].swapaxes(0, 1))


def from_minisom(grid: Grid, values: Values) -> Values:
    """Return values of MiniSom in the order of our cells.

    Parameters
    ----------
    grid : Grid
        The map's cells.
    values : ndarray
        Shape (columns, rows, n).

    Returns
    -------
    ndarray
        Shape (cells, n).
    """
    return np.ascontiguousarray(values.swapaxes(0, 1)[::-1].reshape(grid.cells, -1))
