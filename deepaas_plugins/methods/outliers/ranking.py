"""Ranks of rows by several detectors, what they agree on, and the quantile of a new score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]

#: Shares at which scores of the training set are kept: even, and ever finer towards the odd end.
NODES = np.unique(np.concatenate([np.linspace(0.0, 1.0, 1001), 1.0 - np.logspace(-2, -6, 200)]))


@dataclass(frozen=True)
class Ranking:
    """Ranks of the training set.

    Attributes
    ----------
    ranks
        Of each detector, 1 for the oddest row; rows of one score share the smallest. Shape (detectors, rows).
    mean
        Mean rank of each row, shape (rows,).
    disagreement
        Standard deviation of the ranks over the number of rows, shape (rows,): 0 all agree, 0.5 as unlike as
        can be.
    """

    ranks: npt.NDArray[np.int32]
    mean: Scores
    disagreement: Scores

    @classmethod
    def of(cls, scores: Scores) -> Self:
        """Rank rows.

        Parameters
        ----------
        scores : ndarray
            Shape (detectors, rows); the larger, the odder.

        Returns
        -------
        Ranking
            Of all rows.
        """
        ranks = np.stack([_ranks(each) for each in scores])
        spread = ranks.std(axis=0) / ranks.shape[1]
        return cls(ranks, ranks.mean(axis=0).astype(np.float32), spread.astype(np.float32))

    @property
    def order(self) -> IntArray:
        """Return the rows, the oddest by mean rank first.

        Returns
        -------
        ndarray
            Row numbers, shape (rows,).
        """
        return np.argsort(self.mean, kind="stable")

    def agreement(self) -> FloatArray:
        """Return the rank correlation of each pair of detectors, shape (detectors, detectors).

        Returns
        -------
        ndarray
            Shape (detectors, detectors); NaN where all scores of one are equal.
        """
        with np.errstate(invalid="ignore", divide="ignore"):  # not a number where all scores are equal
            return np.atleast_2d(np.corrcoef(self.ranks))


def _ranks(scores: Scores) -> npt.NDArray[np.int32]:
    ascending = np.sort(scores)
    above = len(scores) - np.searchsorted(ascending, scores, side="right")
    return (above + 1).astype(np.int32)


def quantile_nodes(values: npt.NDArray[np.floating]) -> FloatArray:
    """Return the quantiles of the training set's values at `NODES`, shape (nodes,).

    Parameters
    ----------
    values : ndarray
        Of all rows, shape (rows,).

    Returns
    -------
    ndarray
        Shape (nodes,), ascending.
    """
    return np.asarray(np.quantile(values, NODES), dtype=np.float64)


def quantile_of(values: npt.NDArray[np.floating], nodes: FloatArray) -> FloatArray:
    """Return the share of the training set that has smaller values.

    Parameters
    ----------
    values : ndarray
        Shape (rows,).
    nodes : ndarray
        Of `quantile_nodes`.

    Returns
    -------
    ndarray
        Shape (rows,), 0 to 1; the middle of the shares of equal values.
    """
    low, high = (np.searchsorted(nodes, values, side=side) for side in ("left", "right"))
    padded = np.concatenate([[0.0], NODES])
    inner = np.interp(values, nodes, NODES)
    equal = high - low > 1  # several nodes of one value: interpolation would take any of them
    return np.asarray(np.where(equal, (padded[low] + padded[high]) / 2, inner))
