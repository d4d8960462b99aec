"""Weighted ridge regression on many features by the kernel matrix of the rows.

Predictions for left-out objects come in closed form: with G = (K + λ/W)⁻¹ and a = G y, those for the rows g
of an object, learned from all others, are y_g − (G_gg)⁻¹ a_g (the block form of leave-one-out; Rasmussen &
Williams 2006, equation 5.12).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

from deepaas_plugins.methods.convolutions.kernels import blocks

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
#: Features of some rows, kept in half precision: their relative error of 5e-4 is far below their scatter.
Stored = npt.NDArray[np.float16]

#: Penalties that are tried, in units of the mean of the kernel's diagonal; the first is at `FIRST`.
PENALTIES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
FIRST = 5
#: Features of a block.
BLOCK = 2048


@dataclass(frozen=True)
class Ridge:
    """A linear function of features.

    Attributes
    ----------
    mean, scale
        Of each feature over the rows that were learned from, shape (features,); scale is infinite where the
        feature does not vary.
    coefficients, intercept
        Of standardised features, shapes (features, outputs) and (outputs,).
    penalty
        The chosen λ.
    """

    mean: FloatArray
    scale: FloatArray
    coefficients: FloatArray
    intercept: FloatArray
    penalty: float

    def apply(self, features: npt.NDArray[np.floating]) -> FloatArray:
        """Return the outputs.

        Parameters
        ----------
        features : ndarray
            Shape (rows, features).

        Returns
        -------
        ndarray
            Shape (rows, outputs).
        """
        found = np.tile(self.intercept, (len(features), 1))
        for part in blocks(len(self.mean), BLOCK):
            standard = _standard(features[:, part], self.mean[part], self.scale[part])
            found += standard @ self.coefficients[part].astype(np.float32)
        return found


#: From outputs for left-out objects, shape (rows, outputs), to how bad they are.
Loss = Callable[[FloatArray], float]


def fit(
    features: Stored, target: FloatArray, weights: FloatArray, members: IntArray, loss: Loss
) -> tuple[Ridge, FloatArray]:
    """Fit a ridge whose penalty is the best for left-out objects.

    Parameters
    ----------
    features : ndarray
        Shape (rows, features).
    target : ndarray
        Shape (rows, outputs).
    weights : ndarray
        Of the rows, positive, shape (rows,).
    members : ndarray
        Object number of each row, shape (rows,).
    loss : Loss
        What is smallest for the best penalty.

    Returns
    -------
    tuple
        The ridge, and its outputs for each row, learned from all other objects, shape (rows, outputs).
    """
    mean, scale, kernel = _kernel(features)
    centre = np.average(target, axis=0, weights=weights)
    centred: FloatArray = np.asarray(target - centre, dtype=np.float64)
    # A constant feature: what the weighted mean leaves of the intercept.
    kernel += 1.0

    def solved(place: int) -> _Solution:
        inverse = _inverse(kernel, PENALTIES[place] * weights.mean() / weights)
        dual: FloatArray = np.asarray(inverse @ centred, dtype=np.float64)
        left_out: FloatArray = target - _residuals(inverse, dual, members)
        return _Solution(place, loss(left_out), dual, left_out)

    best = _best(solved)
    standard = _Standard(mean, scale, centre, PENALTIES[best.place])
    return _ridge(features, best.dual, standard), best.left_out


def refit(features: Stored, target: FloatArray, weights: FloatArray, penalty: float) -> Ridge:
    """Fit a ridge whose penalty is known.

    Parameters
    ----------
    features : ndarray
        Shape (rows, features).
    target : ndarray
        Shape (rows, outputs).
    weights : ndarray
        Of the rows, positive, shape (rows,).
    penalty : float
        λ.
    """
    mean, scale, kernel = _kernel(features)
    centre = np.average(target, axis=0, weights=weights)
    inverse = _inverse(kernel + 1.0, penalty * weights.mean() / weights)
    dual = np.asarray(inverse @ (target - centre), dtype=np.float64)
    return _ridge(features, dual, _Standard(mean, scale, centre, penalty))


class _Standard(NamedTuple):
    """How features and targets are centred, and the penalty."""

    mean: FloatArray
    scale: FloatArray
    centre: FloatArray
    penalty: float


def _ridge(features: Stored, dual: FloatArray, of: _Standard) -> Ridge:
    """Return the ridge of a dual solution, shape (rows, outputs)."""
    coefficients = np.empty((features.shape[1], dual.shape[1]))
    for part in blocks(features.shape[1], BLOCK):
        standard = _standard(features[:, part], of.mean[part], of.scale[part])
        coefficients[part] = standard.T @ dual.astype(np.float32) / features.shape[1]
    return Ridge(of.mean, of.scale, coefficients, of.centre + dual.sum(axis=0), of.penalty)


@dataclass(frozen=True)
class _Solution:
    place: int
    loss: float
    dual: FloatArray
    left_out: FloatArray


def _best(solved: Callable[[int], _Solution]) -> _Solution:
    """Return the best solution: from the first penalty step by step while it gets better."""
    best = solved(FIRST)
    for step in (1, -1):
        while 0 <= best.place + step < len(PENALTIES):
            following = solved(best.place + step)
            if following.loss >= best.loss:
                break
            best = following
        if best.place != FIRST:
            break
    return best


def _inverse(kernel: FloatArray, diagonal: FloatArray) -> FloatArray:
    system = kernel.copy()
    system[np.diag_indices_from(system)] += diagonal
    # By Cholesky: half the time of the general inverse. The system is symmetric and positive definite.
    factor, _ = lapack.dpotrf(system, lower=0, overwrite_a=1)
    upper, status = lapack.dpotri(factor, lower=0, overwrite_c=1)
    if status:
        raise np.linalg.LinAlgError("the kernel matrix holds numbers that are not finite")
    inverse = np.triu(upper)
    return np.asarray(inverse + np.triu(upper, 1).T, dtype=np.float64)


def _standard(
    features: npt.NDArray[np.floating], mean: FloatArray, scale: FloatArray
) -> npt.NDArray[np.float32]:
    standard = features.astype(np.float32)
    standard -= mean.astype(np.float32)
    standard /= scale.astype(np.float32)
    return standard


def _kernel(features: Stored) -> tuple[FloatArray, FloatArray, FloatArray]:
    rows, size = features.shape
    mean, scale = np.empty(size), np.empty(size)
    kernel = np.zeros((rows, rows))
    for part in blocks(size, BLOCK):
        block = features[:, part].astype(np.float32)
        mean[part] = block.mean(axis=0, dtype=np.float64)
        block -= mean[part].astype(np.float32)
        deviation = np.sqrt(np.einsum("ij,ij->j", block, block) / rows)
        scale[part] = np.where(deviation > 1e-3, deviation, np.inf)
        block /= scale[part].astype(np.float32)
        kernel += block @ block.T
    return mean, scale, kernel / size


def _residuals(inverse: FloatArray, dual: FloatArray, members: IntArray) -> FloatArray:
    """Return target minus prediction from all other objects, shape (rows, outputs)."""
    residuals = dual / np.diag(inverse)[:, None]
    order = np.argsort(members, kind="stable")
    edges = np.flatnonzero(np.diff(members[order])) + 1
    for rows in np.split(order, edges):
        if len(rows) > 1:
            residuals[rows] = np.linalg.solve(inverse[np.ix_(rows, rows)], dual[rows])
    return residuals
