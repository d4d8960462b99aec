"""From parameters and a feature set to prototypes: sizes and schedules chosen, the map trained."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.som.map.batch_rule import BatchTraining, Epoch, Schedule
from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.online import Online
from deepaas_plugins.methods.som.map.rows import Frame, RowSource, Values
from deepaas_plugins.methods.som.map.start import prototypes
from deepaas_plugins.methods.som.map.state import State, load, save
from deepaas_plugins.methods.som.parameters import LARGEST_SIDE
from deepaas_plugins.pipeline.processors import processors

#: The first radius on a map that is in order already is this fraction of its shorter side.
ORDERED = 8.0


@dataclass(frozen=True)
class Fit:
    """A trained map.

    Attributes
    ----------
    grid, frame
        The map, and the frame that rows are compared in.
    prototypes
        In feature units, shape (cells, columns).
    epochs
        The result of each epoch.
    """

    grid: Grid
    frame: Frame
    prototypes: Values
    epochs: list[Epoch]


def map_size(params: dict[str, Any], rows: int) -> tuple[int, int]:
    """Return rows and columns of the map: as requested, else a square of about 5√N cells (Vesanto 2000)."""
    side = int(np.clip(round(np.sqrt(5.0 * np.sqrt(rows))), 2, LARGEST_SIDE))
    return params["rows"] or side, params["columns"] or side


def schedule(params: dict[str, Any], grid: Grid, *, ordered: bool = False) -> Schedule:
    """Return the schedule of the parameters, with defaults for empty ones.

    Parameters
    ----------
    params
        Loaded by `parameters.TrainParameters`.
    grid
        The map.
    ordered
        Whether the first prototypes are those of a trained map: the default radius then keeps its order.
    """
    online = params["algorithm"] == "online"
    sides = [side for side in (grid.rows, grid.columns) if side > 1] or [1]  # a map may be a line
    radius = params["radius"] or max(min(sides) / (ORDERED if ordered else 2.0), params["radius_end"])
    rate = params["learning_rate"] or (0.5 if online else 1.0)
    rate_end = min(params["learning_rate_end"], rate)
    return Schedule(
        epochs=params["epochs"],
        neighbourhood=params["neighbourhood"],
        radius=Decay(radius, params["radius_end"], params["radius_decay"]),
        learning_rate=Decay(
            rate, rate_end, params["learning_rate_decay"] or ("linear" if online else "constant")
        ),
        search=params["bmu_search"],
        probing_steps=params["probing_steps"],
    )


def fit(source: RowSource, params: dict[str, Any], run: Run, start: Values | None = None) -> Fit:
    """Train a map.

    Parameters
    ----------
    source
        The training set.
    params
        Loaded by `parameters.TrainParameters`.
    run
        Told progress and the quantisation error of every epoch; asked whether to stop before every chunk.
    start
        First prototypes in feature units, shape (cells, columns), or None: as `initialisation` says.

    Raises
    ------
    InvalidInput
        The rows cannot be trained on.
    Cancelled
        The run was asked to stop.
    """
    grid = Grid(*map_size(params, source.rows), params["topology"])
    run.progress(0, params["epochs"], "train", "measuring the mean and the spread")
    frame = Frame.of(source, unit_length=params["distance"] == "cosine", watch=run.stop_if_cancelled)
    if start is None:
        first = prototypes(params["initialisation"], grid, source, frame, params["seed"])
    else:
        first = frame.into(start)
    plan = schedule(params, grid, ordered=start is not None)
    course = _Course(grid, frame, plan, run)
    begun = course.resumed()
    if params["algorithm"] == "online":
        online = Online(grid, frame, plan, params["distance"], params["seed"])
        start, last = (begun.prototypes, begun.last) if begun else (frame.out_of(first), None)
        done = begun.trained if begun else 0
        stop = run.stop_if_cancelled
        trained = online.run(source, start, course.before_epoch, stop, done=done, last=last)
    else:
        trained = frame.out_of(course.batch(source, first, begun))
    return Fit(grid, frame, trained, course.epochs)


class _Course:
    """Progress, metrics and checkpoints of a training, epoch by epoch."""

    def __init__(self, grid: Grid, frame: Frame, plan: Schedule, run: Run) -> None:
        self.grid, self.frame, self.plan, self.run = grid, frame, plan, run
        self.epochs: list[Epoch] = []

    def resumed(self) -> State | None:
        """Return the state of an earlier attempt, if it left a checkpoint of the same training."""
        brought = self.run.checkpoints.brought
        if brought is None:
            return None
        state = load(brought.folder, self.grid, self.frame)
        if state is None:
            self.run.log("The checkpoint is of another map or other spectra: the training begins anew.")
            return None
        self.run.log(f"Continues after epoch {state.trained}, from the checkpoint of an earlier attempt.")
        for epoch in state.epochs:
            self.tell(epoch)
        return state

    def batch(self, source: RowSource, first: Values, begun: State | None) -> Values:
        """Train by the batch rule; return the prototypes in the frame."""
        training = BatchTraining(self.grid, self.frame, begun.prototypes if begun else first, self.plan)
        if begun:
            training.last = begun.last

        def after_epoch(epoch: Epoch) -> None:
            self.tell(epoch)
            self.keep(epoch.number, training.prototypes, training.last)

        return training.run(source, after_epoch, self.run.stop_if_cancelled, begun.trained if begun else 0)

    def before_epoch(self, epoch: Epoch, prototypes: Values, last: IntArray) -> None:
        """Record that an epoch begins; the prototypes contain the one before."""
        self.tell(epoch)
        self.keep(epoch.number - 1, prototypes, last)

    def tell(self, epoch: Epoch) -> None:
        """Report the result of an epoch."""
        self.epochs.append(epoch)
        error, epochs = epoch.quantisation_error, self.plan.epochs
        self.run.metric("quantisation_error", error, epoch.number)
        self.run.progress(epoch.number, epochs, "train", f"quantisation error {error:.4g}")

    def keep(self, trained: int, prototypes: Values, last: IntArray) -> None:
        """Write a checkpoint, if one is due."""
        if trained and self.run.checkpoints.due:
            with self.run.checkpoints.save(trained) as folder:
                save(folder, State(trained, self.epochs, prototypes, last), self.grid, self.frame)


@contextlib.contextmanager
def threads(count: int | None) -> Iterator[None]:
    """Limit the threads of matrix products; None: as many as the job has processors.

    Left alone, BLAS starts one for every processor of the machine, and they get in each other's way where the
    container may use only a few.
    """
    with threadpool_limits(limits=count or processors(), user_api="blas"):
        yield
