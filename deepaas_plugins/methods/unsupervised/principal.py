"""Principal axes of rows in a frame, from any number of them: one pass, memory of columns².

What is far from the common is cut first, so that a few odd rows are no axes of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.arrays_file import checked_array
from deepaas_plugins.methods.unsupervised.frame import Matrix, Rows
from spectra.steps.moments import column_moments

Arrays = dict[str, npt.NDArray[Any]]

#: Values beyond so many scatters of their column are cut before the axes are sought.
CLIP = 10.0
#: With more columns the axes are sought by iteration, on the sample alone.
MOST_COLUMNS = 2048
#: Rows for each axis, at least: with fewer an odd row is an axis.
ROWS_PER_AXIS = 10


@dataclass(frozen=True)
class PrincipalAxes:
    """Mean, axes and the deviations along them.

    Attributes
    ----------
    mean
        In the frame, shape (columns,), float32.
    axes
        Orthonormal, shape (columns, k), float32.
    deviation
        Standard deviation along each axis, shape (k,), float32, positive.
    share
        Of the variance that each axis explains, shape (k,).
    """

    mean: Matrix
    axes: Matrix
    deviation: Matrix
    share: Matrix

    @classmethod
    def fit(cls, chunks: Iterable[Rows], scatter: Matrix, count: int, sample: Rows) -> Self:
        """Find the axes.

        Parameters
        ----------
        chunks : iterable of Rows
            All rows; read once where there are at most `MOST_COLUMNS` columns.
        scatter : ndarray
            Of each column, shape (columns,).
        count : int
            Axes wanted; fewer where rows or columns are few.
        sample : Rows
            Rows that stand for all where there are more columns.

        Returns
        -------
        PrincipalAxes
            At least one axis.
        """
        columns = len(scatter)
        count = axes_count(count, len(sample), columns)
        if columns > MOST_COLUMNS:
            return cls._of_sample(_cut(sample, scatter), count)
        rows, mean, products = column_moments(_wide(chunks, scatter), covariance=True)
        values, vectors = np.linalg.eigh(products / max(rows - 1, 1))
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        return cls._of(mean, vectors[:, :count], values[:count], float(values.sum()))

    @classmethod
    def _of_sample(cls, values: Matrix, count: int) -> Self:
        from sklearn.decomposition import PCA  # noqa: PLC0415 - a second to import, for training only

        found = PCA(count, svd_solver="randomized", random_state=0).fit(values)
        variance = found.explained_variance_
        total = float(variance.sum() / max(found.explained_variance_ratio_.sum(), 1e-12))
        return cls._of(found.mean_, found.components_.T, variance, total)

    @classmethod
    def _of(
        cls,
        mean: npt.NDArray[np.floating[Any]],
        axes: npt.NDArray[np.floating[Any]],
        variance: npt.NDArray[np.floating[Any]],
        total: float,
    ) -> Self:
        least = max(float(variance.max()), 1e-12) * 1e-10
        return cls(
            mean.astype(np.float32),
            np.ascontiguousarray(axes, dtype=np.float32),
            np.sqrt(np.maximum(variance, least)).astype(np.float32),
            (variance / max(total, 1e-12)).astype(np.float32),
        )

    def coordinates(self, values: Matrix) -> Matrix:
        """Return rows along the axes, in units of the deviation along each.

        Parameters
        ----------
        values : ndarray
            In the frame, shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows, k), float32.
        """
        return np.asarray((values - self.mean) @ self.axes / self.deviation, dtype=np.float32)

    def expected(self, values: Matrix) -> Matrix:
        """Return what the axes make of rows.

        Parameters
        ----------
        values : ndarray
            In the frame, shape (rows, columns).

        Returns
        -------
        ndarray
            Same shape.
        """
        return np.asarray((values - self.mean) @ self.axes @ self.axes.T + self.mean, dtype=np.float32)

    def arrays(self) -> Arrays:
        """Return the arrays to save.

        Returns
        -------
        dict
            By name.
        """
        return {"mean": self.mean, "axes": self.axes, "deviation": self.deviation, "share": self.share}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], columns: int) -> Self:
        """Return the axes of saved arrays.

        Raises
        ------
        ValueError
            They are none of so many columns.
        """
        axes = checked_array(arrays, "axes", (columns, None)).astype(np.float32)
        deviation = checked_array(arrays, "deviation", (axes.shape[1],)).astype(np.float32)
        if not len(deviation) or (deviation <= 0).any():
            raise ValueError("deviation is not positive")
        mean = checked_array(arrays, "mean", (columns,)).astype(np.float32)
        share = checked_array(arrays, "share", (axes.shape[1],)).astype(np.float32)
        return cls(mean, axes, deviation, share)


def axes_count(wanted: int, rows: int, columns: int) -> int:
    """Return how many axes so many rows and columns allow; at least one.

    Parameters
    ----------
    wanted, rows, columns : int
        Axes asked for, and the shape of the matrix.

    Returns
    -------
    int
        1 to `wanted`; half of the columns stay unexplained.
    """
    return max(1, min(wanted, rows // ROWS_PER_AXIS, columns // 2))


def _cut(rows: Rows, scatter: Matrix) -> Matrix:
    return np.clip(rows.values, -CLIP * scatter, CLIP * scatter)


def _wide(chunks: Iterable[Rows], scatter: Matrix) -> Iterator[npt.NDArray[np.float64]]:
    for rows in chunks:
        yield _cut(rows, scatter).astype(np.float64)
