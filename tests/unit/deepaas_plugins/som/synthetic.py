"""Rows with a structure of low dimension, and a MiniSom that starts where our training starts."""

from __future__ import annotations

import numpy as np
from minisom import MiniSom

from deepaas_plugins.methods.som.map.batch_rule import BatchTraining, Schedule
from deepaas_plugins.methods.som.map.decay import Decay
from deepaas_plugins.methods.som.map.grid import Grid
from deepaas_plugins.methods.som.map.minisom_map import to_minisom
from deepaas_plugins.methods.som.map.rows import Frame, MatrixRows
from deepaas_plugins.methods.som.map.start import prototypes


def rows(count: int = 400, columns: int = 12, seed: int = 1) -> np.ndarray:
    generator = np.random.default_rng(seed)
    plane = generator.normal(size=(count, 3)) @ generator.normal(size=(3, columns))
    return (plane + 0.2 * generator.normal(size=(count, columns))).astype(np.float32)


def asymptotic(start: float, epochs: int) -> Decay:
    """MiniSom's default decay."""
    return Decay(start, start / (1 + 2 * (epochs - 1) / epochs), "inverse")


def train_both(
    matrix: np.ndarray, grid: Grid, neighbourhood: str = "gaussian", epochs: int = 8
) -> tuple[np.ndarray, MiniSom]:
    """Train our batch rule (in double precision) and MiniSom's from the same start."""
    source = MatrixRows(matrix)
    frame = Frame.of(source)
    begin = prototypes("random", grid, source, frame, seed=3)
    peer = MiniSom(
        grid.columns,
        grid.rows,
        matrix.shape[1],
        sigma=2,
        learning_rate=0.7,
        topology=grid.topology,
        neighborhood_function=neighbourhood,
    )
    peer._weights = to_minisom(grid, frame.out_of(begin))
    schedule = Schedule(epochs, neighbourhood, asymptotic(2.0, epochs), asymptotic(0.7, epochs))
    ours = BatchTraining(grid, frame, begin, schedule, np.float64).run(source)
    peer.train_batch_offline(matrix.astype(np.float64), epochs)
    return frame.out_of(ours), peer
