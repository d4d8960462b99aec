"""Intervals of predicted numbers from errors of left-out objects with similar predictions.

Split-conformal intervals with a local width (Lei et al. 2018, JASA 113, 1094, section 5.2): the width at a
prediction is the quantile of absolute errors among the left-out rows with the nearest predictions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

#: Left-out rows whose errors give the width, at most; a third of them all if these are fewer.
NEIGHBOURS = 120
#: Quantile of the absolute error of a normal deviate at one σ.
ONE_SIGMA = 0.6827
#: Rows that are compared at once.
ROWS = 512


@dataclass(frozen=True)
class Intervals:
    """Left-out rows.

    Attributes
    ----------
    predicted, error
        Standardised predictions and true − predicted, shape (rows, targets).
    """

    predicted: FloatArray
    error: FloatArray

    def half_widths(self, predicted: FloatArray, coverage: float) -> FloatArray:
        """Return the half width of an interval at predictions.

        Parameters
        ----------
        predicted : ndarray
            Standardised, shape (rows, targets).
        coverage : float
            Share of true values inside.

        Returns
        -------
        ndarray
            Shape (rows, targets), in standard deviations of the targets.
        """
        count = max(1, min(NEIGHBOURS, -(-len(self.predicted) // 3)))
        # The finite-sample quantile of conformal prediction: the ⌈(n + 1) · coverage⌉-th smallest error.
        place = min(count, int(np.ceil((count + 1) * coverage))) - 1
        absolute = np.abs(self.error)
        found = np.empty(predicted.shape)
        for start in range(0, len(predicted), ROWS):
            part = predicted[start : start + ROWS]
            distance = ((part[:, None, :] - self.predicted[None]) ** 2).sum(axis=2)
            near = np.argpartition(distance, count - 1, axis=1)[:, :count]
            found[start : start + ROWS] = np.partition(absolute[near], place, axis=1)[:, place]
        return found
