"""Pairs of rows that hold the same spectrum: equal, or nearer to each other than two observations are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

Matrix = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Two rows are one spectrum where their root mean square difference is below this share of the scatter of
#: each about its mean (a correlation of .999) …
RELATIVE = 0.05
#: … and below this share of the distance at which rows usually have their fifth neighbour.
OF_SPACING = 0.2
#: Neighbours that are looked at, besides the row itself, and the axes in which they are looked for.
NEIGHBOURS, AXES = 5, 8
#: Rows that the axes and, about, the usual distance are measured on; rows of a block.
SAMPLE, SPACED, BLOCK = 1024, 128, 4096


def near_duplicates(matrix: Matrix, seed: int = 0) -> IntArray:
    """Find pairs of rows that hold the same spectrum.

    Equal rows are found by their bytes. Others are looked for among the nearest neighbours on the first
    principal axes, where rows are never farther apart than in full, and are then compared in full.

    Parameters
    ----------
    matrix : ndarray
        Features, shape (rows, columns), float32.
    seed : int
        Of the sample that sets the scale.

    Returns
    -------
    ndarray
        Row numbers, shape (pairs, 2), int64, the lower one first. A spectrum with many copies is in few pairs
        with each, which connect all of them. Memory is a few hundred bytes per row beside the matrix.
    """
    first = _first_equal(matrix)
    copies = np.flatnonzero(first != np.arange(len(matrix)))
    equal = np.stack([first[copies], copies], axis=1)
    different = np.flatnonzero((first == np.arange(len(matrix))) & np.isfinite(matrix).all(axis=1))
    if len(different) <= NEIGHBOURS:
        return equal
    return np.concatenate([equal, _near(matrix, different, np.random.default_rng(seed))])


def _first_equal(matrix: Matrix) -> IntArray:
    """Return the first row that equals each row, shape (rows,)."""
    seen: dict[bytes, int] = {}
    rows = np.ascontiguousarray(matrix)
    # The bytes are hashed to 64 bits by Python; a key of all bytes would double the memory of the matrix.
    found = np.empty(len(rows), dtype=np.int64)
    for number, row in enumerate(rows):
        key = hash(row.tobytes()).to_bytes(8, "little", signed=True)
        other = seen.setdefault(key, number)
        found[number] = other if np.array_equal(rows[other], row) else number
    return found


def _near(matrix: Matrix, rows: IntArray, random: np.random.Generator) -> IntArray:
    sample = rows if len(rows) <= SAMPLE else np.sort(random.choice(rows, SAMPLE, replace=False))
    centre = matrix[sample].mean(axis=0, dtype=np.float64)
    axes = _axes(matrix[sample] - centre, random)
    projected = np.concatenate([(matrix[part] - centre) @ axes for part in _blocks(rows)])
    scatter = np.concatenate(
        [
            np.linalg.norm(matrix[part] - matrix[part].mean(axis=1, keepdims=True), axis=1)
            for part in _blocks(rows)
        ]
    )
    limit = np.minimum(RELATIVE * scatter, OF_SPACING * _spacing(matrix, rows, sample))
    if not limit.max() > 0:
        return np.empty((0, 2), dtype=np.int64)
    tree = cKDTree(projected)
    found = []
    for start in range(0, len(rows), BLOCK):
        _, near = tree.query(
            projected[start : start + BLOCK], k=NEIGHBOURS + 1, distance_upper_bound=float(limit.max())
        )
        this, column = np.nonzero(near < len(rows))
        one, other = this + start, near[this, column]
        one, other = one[one < other], other[one < other]
        for block in _blocks(np.arange(len(one))):
            a, b = one[block], other[block]
            distance = np.linalg.norm(matrix[rows[a]] - matrix[rows[b]], axis=1)
            same = distance <= np.minimum(limit[a], limit[b])
            found.append(np.stack([rows[a[same]], rows[b[same]]], axis=1))
    return np.concatenate(found) if found else np.empty((0, 2), dtype=np.int64)


def _axes(centred: FloatArray, random: np.random.Generator) -> FloatArray:
    """Return about the first principal axes, shape (columns, ≤ `AXES`), by subspace iteration."""
    axes = random.normal(size=(centred.shape[1], min(AXES, *centred.shape)))
    for _ in range(3):
        axes, _ = np.linalg.qr(centred.T @ (centred @ axes))
    return axes


def _spacing(matrix: Matrix, rows: IntArray, sample: IntArray) -> float:
    """Return the median distance of rows of the sample to their fifth neighbour."""
    some = matrix[sample[:: max(1, len(sample) // SPACED)]].astype(np.float64)
    squares = (some**2).sum(axis=1)
    nearest = np.full((len(some), NEIGHBOURS + 1), np.inf)
    for part in _blocks(rows):
        block = matrix[part].astype(np.float64)
        square = squares[:, None] + (block**2).sum(axis=1) - 2 * some @ block.T
        both = np.concatenate([nearest, np.maximum(square, 0.0)], axis=1)
        nearest = np.partition(both, NEIGHBOURS, axis=1)[:, : NEIGHBOURS + 1]
    return float(np.sqrt(np.median(nearest.max(axis=1))))


def _blocks(rows: IntArray) -> Iterator[IntArray]:
    for start in range(0, len(rows), BLOCK):
        yield rows[start : start + BLOCK]
