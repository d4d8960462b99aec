"""Which rows of a feature set are trained on, and all of its rows in the frame, chunk by chunk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.som.map.rows import rows_per_chunk
from deepaas_plugins.methods.unsupervised.frame import Frame, Matrix, Rows, check_values

if TYPE_CHECKING:
    from spectra import FeatureSet

IntArray = npt.NDArray[np.int64]

#: Bytes of the sample: with many columns it has fewer rows than asked for.
MOST_BYTES = 256 * 2**20


def choose(rows: int, columns: int, most: int, seed: int) -> IntArray:
    """Return which rows are the sample.

    Parameters
    ----------
    rows, columns : int
        Shape of the feature set.
    most : int
        Rows wanted.
    seed : int
        Of the choice.

    Returns
    -------
    ndarray
        Ascending row numbers; all where they are no more than wanted and fit into `MOST_BYTES`.
    """
    most = max(min(most, MOST_BYTES // (4 * max(columns, 1))), 2)
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))


def read(features: FeatureSet, rows: IntArray) -> Matrix:
    """Return rows of a feature set.

    Parameters
    ----------
    features : FeatureSet
        Where they are.
    rows : ndarray
        Their numbers, ascending.

    Returns
    -------
    ndarray
        Shape (rows, columns), float32.

    Raises
    ------
    InvalidInput
        One of them holds no finite value.
    """
    matrix = features.matrix() if len(rows) == features.rows else features.take(rows).flux
    check_values(matrix)
    return matrix


def chunks(
    features: FeatureSet, frame: Frame, tell: Callable[[int, int], None]
) -> Iterator[tuple[int, Matrix, Rows]]:
    """Yield all rows in order.

    Parameters
    ----------
    features : FeatureSet
        The rows.
    frame : Frame
        That they are brought into.
    tell : callable
        Called before each chunk with the rows that are done, and how many there are; may raise to stop.

    Yields
    ------
    tuple
        Number of the first row, the rows as they are, and in the frame.

    Raises
    ------
    InvalidInput
        A row holds no finite value.
    """
    first = 0
    for matrix in features.matrices(rows_per_chunk(features.columns)):
        tell(first, features.rows)
        check_values(matrix, first)
        yield first, matrix, frame.rows(matrix)
        first += len(matrix)
    tell(features.rows, features.rows)
