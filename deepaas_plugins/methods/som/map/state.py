"""The state of a training between two epochs, as a checkpoint holds it."""

from __future__ import annotations

import zipfile
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from deepaas_plugins.methods.som.map.batch_rule import Epoch
from deepaas_plugins.methods.som.map.grid import Grid, IntArray
from deepaas_plugins.methods.som.map.rows import Frame, Values

FILE = "som.npz"


@dataclass(frozen=True)
class State:
    """The state of a training.

    Attributes
    ----------
    trained
        Epochs whose steps are in the prototypes.
    epochs
        What was found so far; online, also at the beginning of the epoch that comes.
    prototypes
        As the training has them, shape (cells, columns): float64, so that nothing is lost.
    last
        Cell of each row when it was last looked for, shape (rows,).
    """

    trained: int
    epochs: list[Epoch]
    prototypes: Values
    last: IntArray


def save(folder: Path, state: State, grid: Grid, frame: Frame) -> None:
    """Write the state of a training, and what tells whether it fits a training set and a map.

    Parameters
    ----------
    folder : Path
        Where `FILE` is written.
    state : State
        The state after an epoch.
    grid : Grid
        The map's cells.
    frame : Frame
        The frame of the training set.
    """
    np.savez(
        folder / FILE,
        trained=np.int64(state.trained),
        epochs=np.array([astuple(epoch) for epoch in state.epochs], dtype=np.float64).reshape(-1, 5),
        prototypes=state.prototypes,
        last=state.last,
        **_marks(grid, frame),
    )


def load(folder: Path, grid: Grid, frame: Frame) -> State | None:
    """Read the state of a training.

    Parameters
    ----------
    folder : Path
        Where `save` wrote it.
    grid : Grid
        The map's cells.
    frame : Frame
        The frame of the training set.

    Returns
    -------
    State or None
        None where there is no state, it is damaged, or it is of another map or other spectra.
    """
    try:
        with (folder / FILE).open("rb") as stream, np.load(stream, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
        marks = _marks(grid, frame)
        if any(not np.array_equal(found[name], mark) for name, mark in marks.items()):
            return None
        epochs = [Epoch(int(number), *map(float, rest)) for number, *rest in found["epochs"]]
        state = State(int(found["trained"]), epochs, found["prototypes"], found["last"])
    except (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return None
    whole = state.prototypes.shape == (grid.cells, len(frame.offset)) and 0 < state.trained <= len(epochs)
    return state if whole else None


def _marks(grid: Grid, frame: Frame) -> dict[str, Any]:
    return {
        "size": np.array([grid.rows, grid.columns], dtype=np.int64),
        "topology": np.array(grid.topology),
        "offset": frame.offset,
        "factor": np.float64(frame.factor),
    }
