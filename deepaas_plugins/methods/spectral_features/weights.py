"""Weights of training rows: objects with many spectra and frequent classes count less."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def of_objects(members: IntArray, power: float) -> FloatArray:
    """Return (spectra of the row's object)^−power.

    Parameters
    ----------
    members : ndarray
        Object number of each row, shape (rows,).
    power : float
        0: all rows weigh alike; 1: all objects do.

    Returns
    -------
    ndarray
        Shape (rows,), of mean 1.
    """
    _, place, counts = np.unique(members, return_inverse=True, return_counts=True)
    weights = counts[place].astype(np.float64) ** -power
    return np.asarray(weights / weights.mean())


def of_classes(target: IntArray, weights: FloatArray, power: float) -> FloatArray:
    """Return weights times (mean weight of a class / weight of the row's class)^power.

    Parameters
    ----------
    target : ndarray
        Class number of each row, shape (rows,).
    weights : ndarray
        Of the rows, shape (rows,).
    power : float
        0: as given; 1: all classes weigh alike.

    Returns
    -------
    ndarray
        Shape (rows,), of mean 1.
    """
    sums = np.bincount(target, weights=weights)
    shares = sums / sums[sums > 0].mean()
    balanced = weights * np.where(shares > 0, shares, 1.0)[target] ** -power
    return np.asarray(balanced / balanced.mean())
