"""Finds the rows of a feature set that are like one, in isolated processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from spectra import FeatureSet

ROWS_AT_ONCE = 8192


def similar_rows(path: Path, row: int, count: int) -> list[int]:
    """Return the rows of a feature set that are most like one, the most similar first.

    Likeness is the correlation of the features: level and scale of the flux do not count.

    Parameters
    ----------
    path : Path
        The feature set.
    row : int
        The one.
    count : int
        How many at most; the row itself is not among them.

    Raises
    ------
    spectra.FeatureSetError
        If the file is no feature set.
    IndexError
        If it has no such row.
    """
    features = FeatureSet.open(path)
    try:
        [wanted] = _standard(features.take([row]).flux)
        best, rows = np.empty(0), np.empty(0, dtype=np.int64)
        first = 0
        for matrix in features.matrices(ROWS_AT_ONCE):
            here = np.arange(first, first + len(matrix))
            first += len(matrix)
            likeness = np.where(here == row, -np.inf, _standard(matrix) @ wanted)
            best, rows = np.concatenate([best, likeness]), np.concatenate([rows, here])
            kept = np.argsort(-best, kind="stable")[:count]
            best, rows = best[kept], rows[kept]
        return [int(number) for number in rows[np.isfinite(best)]]
    finally:
        features.close()


def _standard(matrix: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return rows with mean 0 and length 1; of a constant row zeros."""
    centred = np.nan_to_num(matrix.astype(np.float64))
    centred -= centred.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    return np.asarray(np.divide(centred, length, out=np.zeros_like(centred), where=length > 0))
