"""Spectra unlike all cells of a self-organising map of the pool, set aside before a person looks.

A map follows a curved crowd of spectra where principal axes (`unusual`) need many axes; DESI's and LAMOST's
searches set outliers aside with one. It is Kohonen's batch rule on a fixed grid: enough to say how far the
nearest cell is, while the module `som` is the map to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

SIDE = 10  # cells of the map: its square
EPOCHS = 12
ROWS = 5000  # of the sample that the map learns from
BLOCK = 8192
WIDEST, NARROWEST = SIDE / 3.0, 0.7  # radius of the neighbourhood, in cells, in the first and the last epoch


@dataclass(frozen=True)
class UnusualMap:
    """The cells of a map, and the distance from the nearest above which a row is set aside.

    Attributes
    ----------
    cells
        Shape (cells, columns).
    limit
        Squared distance.
    """

    cells: FloatArray
    limit: float

    @classmethod
    def fit(cls, sample: Matrix, quantile: float, rng: np.random.Generator) -> Self:
        """Learn from a random sample of the pool.

        Parameters
        ----------
        sample : ndarray
            Shape (rows, columns).
        quantile : float
            Share of the sample that is usual.
        rng : numpy.random.Generator
            Chooses the rows that the map begins with.

        Returns
        -------
        UnusualMap
            Of the sample.
        """
        median = np.median(sample, axis=0)
        size = ((sample - median) ** 2).sum(axis=1)
        core = sample[size <= np.quantile(size, 0.99)]  # the wildest rows must not get cells of their own
        some = core[rng.permutation(len(core))[:ROWS]].astype(np.float64)
        fitted = cls(_trained(some, rng), np.inf)
        return cls(fitted.cells, float(np.quantile(fitted.distances(sample), quantile)))

    def distances(self, matrix: Matrix) -> FloatArray:
        """Return squared distances from the nearest cell.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        found = [
            _squared(matrix[start : start + BLOCK].astype(np.float64), self.cells).min(axis=1)
            for start in range(0, len(matrix), BLOCK)
        ]
        return np.concatenate(found) if found else np.empty(0)

    def found(self, matrix: Matrix) -> npt.NDArray[np.bool_]:
        """Return which rows are unusual.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows,), bool.
        """
        return self.distances(matrix) > self.limit


def _trained(rows: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the cells of a map after the batch rule (Kohonen 2001, Self-Organizing Maps, 3.6)."""
    line, column = np.divmod(np.arange(SIDE * SIDE), SIDE)
    apart = (line[:, None] - line) ** 2 + (column[:, None] - column) ** 2
    centre, spread = rows.mean(axis=0), rows - rows.mean(axis=0)
    axes = np.linalg.svd(spread[: min(len(spread), 1000)], full_matrices=False)[2][:2]
    if len(axes) < 2:
        return rows[rng.integers(len(rows), size=SIDE * SIDE)]
    width = 2.0 * (spread @ axes.T).std(axis=0)
    plane = np.stack([line / (SIDE - 1) - 0.5, column / (SIDE - 1) - 0.5], axis=1) * 2.0
    cells = centre + (plane * width) @ axes
    for radius in np.geomspace(WIDEST, NARROWEST, EPOCHS):
        nearest = _squared(rows, cells).argmin(axis=1)
        sums = np.zeros_like(cells)
        np.add.at(sums, nearest, rows)
        reach = np.exp(-apart / (2.0 * radius**2))
        weights = reach @ np.bincount(nearest, minlength=len(cells))
        cells = (reach @ sums) / np.maximum(weights, 1e-12)[:, None]
    return np.asarray(cells)


def _squared(rows: FloatArray, cells: FloatArray) -> FloatArray:
    squares = (rows**2).sum(axis=1)[:, None] + (cells**2).sum(axis=1) - 2.0 * rows @ cells.T
    return np.asarray(np.maximum(squares, 0.0))
