"""Synthetic examples of rare classes: SMOTE.

Chawla, Bowyer, Hall & Kegelmeyer 2002, Journal of Artificial Intelligence Research 16, 321. It sees the
rows of one training part alone: rows that judge a model are neither copied nor neighbours of a copy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.method import Json

Matrix = npt.NDArray[np.float32]
IntArray = npt.NDArray[np.int64]

NEIGHBOURS = 5  # as in the paper
BLOCK = 1024  # rows whose neighbours are looked for at once


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
    matrix: Matrix,
    target: IntArray,
    rng: np.random.Generator,
    neighbours: int = NEIGHBOURS,
    most: int | None = None,
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
    most : int or None
        Synthetic rows, of which more are drawn at random; None: all.

    Returns
    -------
    Synthetic
        Without the rows of `matrix`.
    """
    pairs = parents(matrix, target, rng, neighbours, most)
    share = rng.random((len(pairs), 1)).astype(matrix.dtype)
    first, second = matrix[pairs[:, 0]], matrix[pairs[:, 1]]
    return Synthetic(first + share * (second - first), target[pairs[:, 0]], pairs)


def parents(
    matrix: Matrix,
    target: IntArray,
    rng: np.random.Generator,
    neighbours: int = NEIGHBOURS,
    most: int | None = None,
) -> IntArray:
    """Return the two training rows between which each synthetic row lies, shape (n, 2); see `synthetic`."""
    classes, counts = np.unique(target, return_counts=True)
    found = [
        _pairs(matrix, np.flatnonzero(target == one), int(counts.max() - count), rng, neighbours)
        for one, count in zip(classes, counts, strict=True)
    ]
    pairs = np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)
    if most is not None and len(pairs) > most:
        pairs = pairs[np.sort(rng.choice(len(pairs), most, replace=False))]
    return pairs


def wanted(params: Json) -> bool:
    """Return whether rare classes get synthetic rows."""
    return bool(params.get("oversampling", "none") != "none")


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
    begun, inverse = np.unique(first, return_inverse=True)
    nearest = np.empty((len(begun), near), dtype=np.int64)
    for start in range(0, len(begun), BLOCK):  # a class may have more rows than a square of them has room
        some = begun[start : start + BLOCK]
        distances = squares[some, None] + squares[None, :] - 2 * points[some] @ points.T
        distances[np.arange(len(some)), some] = np.inf
        nearest[start : start + BLOCK] = np.argsort(distances, axis=1, kind="stable")[:, :near]
    return np.stack([rows[first], rows[nearest[inverse, rng.integers(near, size=count)]]], axis=1)
