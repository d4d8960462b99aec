"""Spectra unlike all others of the pool (sky, artefacts, saturation), set aside before a person looks.

A row is unusual where few principal axes of a sample of the pool do not reconstruct it: its residual is above
a quantile of the residuals of the sample. A survey's pool holds targets too rare to shape an axis; the
quantile is therefore high, what is set aside is counted and listed, and nothing leaves the pool.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
FloatArray = npt.NDArray[np.float64]

AXES = 12
SAMPLE = 20_000


@dataclass(frozen=True)
class Unusual:
    """The axes of usual rows, and the residual above which a row is set aside.

    Attributes
    ----------
    mean, axes
        Shapes (columns,) and (columns, axes).
    limit
        Squared residual.
    """

    mean: FloatArray
    axes: FloatArray
    limit: float

    @classmethod
    def fit(cls, sample: Matrix, quantile: float) -> Self:
        """Learn from a random sample of the pool.

        Parameters
        ----------
        sample : ndarray
            Shape (rows, columns).
        quantile : float
            Share of the sample that is usual.

        Returns
        -------
        Unusual
            Of the sample.
        """
        mean = np.median(sample, axis=0).astype(np.float64)
        centred = sample.astype(np.float64) - mean
        # The wildest rows must not make axes of their own.
        size = (centred**2).sum(axis=1)
        core = centred[size <= np.quantile(size, 0.99)]
        values, vectors = np.linalg.eigh(core.T @ core)
        axes = vectors[:, np.argsort(-values)[: min(AXES, max(1, sample.shape[1] // 2))]]
        fitted = cls(mean, axes, np.inf)
        return cls(mean, axes, float(np.quantile(fitted.residuals(sample), quantile)))

    def residuals(self, matrix: Matrix) -> FloatArray:
        """Return squared residuals.

        Parameters
        ----------
        matrix : ndarray
            Shape (rows, columns).

        Returns
        -------
        ndarray
            Shape (rows,).
        """
        centred = matrix.astype(np.float64) - self.mean
        inside = centred @ self.axes
        return np.asarray(np.maximum((centred**2).sum(axis=1) - (inside**2).sum(axis=1), 0.0))

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
        return self.residuals(matrix) > self.limit
