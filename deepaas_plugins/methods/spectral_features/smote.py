"""Synthetic examples of rare classes: SMOTE.

Chawla, Bowyer, Hall & Kegelmeyer 2002, Journal of Artificial Intelligence Research 16, 321. It sees the
rows of one training part alone: rows that judge a model are neither copied nor neighbours of a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

NEIGHBOURS = 5  # as in the paper


@dataclass(frozen=True)
class Synthetic:
    """Synthetic rows.

    Attributes
    ----------
    matrix, target
        Features and classes, shapes (n, columns) and (n,).
    parents
        The two training rows between which each lies, shape (n, 2).
    """

    matrix: Matrix
    target: IntArray
    parents: IntArray


def synthetic(
    matrix: Matrix, target: IntArray, rng: np.random.Generator, neighbours: int = NEIGHBOURS
) -> Synthetic:
    """Return so many rows that all classes become as frequent as the most frequent one.

    Parameters
    ----------
    matrix : ndarray
        Features of training rows, shape (rows, columns).
    target : ndarray
        Their classes, shape (rows,).
    rng : numpy.random.Generator
        Of the choice.
    neighbours : int
        A row lies between a row and one of so many nearest rows of its class; of a class of one row: on it.

    Returns
    -------
    Synthetic
        Without the rows of `matrix`.
    """
    classes, counts = np.unique(target, return_counts=True)
    parents = [
        _pairs(matrix, np.flatnonzero(target == one), int(counts.max() - count), rng, neighbours)
        for one, count in zip(classes, counts, strict=True)
    ]
    pairs = np.concatenate(parents) if parents else np.empty((0, 2), dtype=np.int64)
    share = rng.random((len(pairs), 1)).astype(matrix.dtype)
    first, second = matrix[pairs[:, 0]], matrix[pairs[:, 1]]
    return Synthetic(first + share * (second - first), target[pairs[:, 0]], pairs)


def _pairs(matrix: Matrix, rows: IntArray, count: int, rng: np.random.Generator, neighbours: int) -> IntArray:
    """Return pairs of a row and a near row of the same class, shape (count, 2)."""
    if not count:
        return np.empty((0, 2), dtype=np.int64)
    near = min(neighbours, len(rows) - 1)
    first = rng.integers(len(rows), size=count)
    if not near:
        return np.stack([rows[first], rows[first]], axis=1)
    points = matrix[rows].astype(np.float64)
    squares = (points**2).sum(axis=1)
    distances = squares[:, None] + squares[None, :] - 2 * points @ points.T
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, :near]
    return np.stack([rows[first], rows[nearest[first, rng.integers(near, size=count)]]], axis=1)
