"""How probabilities of members become one: a weighted mean of their logarithms, and a step for each class."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features import prior

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Weights of the first of two members that are tried, and inverse temperatures.
WEIGHTS = np.linspace(0.0, 1.0, 21)
SHARPNESS = np.geomspace(0.3, 4.0, 12)
#: Probabilities below this are raised to it before a logarithm.
SMALLEST = 1e-3


@dataclass(frozen=True)
class Stack:
    """Weights and steps.

    Attributes
    ----------
    weights
        Of the members' logarithms, shape (members,); they sum to the inverse temperature.
    steps
        Log-weight of each class, shape (classes,).
    """

    weights: FloatArray
    steps: FloatArray

    def combine(self, probabilities: FloatArray) -> FloatArray:
        """Return the probabilities of the stack.

        Parameters
        ----------
        probabilities : ndarray
            Of the members, shape (members, rows, classes).

        Returns
        -------
        ndarray
            Shape (rows, classes); each row sums to 1.
        """
        logs = np.einsum("mrc,m->rc", np.log(np.maximum(probabilities, SMALLEST)), self.weights) + self.steps
        powers = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit(probabilities: FloatArray, target: IntArray, of_rows: FloatArray, *, prior_step: bool) -> Stack:
    """Find the weights with the best log loss, then the steps with the best balanced accuracy.

    Parameters
    ----------
    probabilities : ndarray
        Of two members for objects that were left out, shape (2, rows, classes).
    target : ndarray
        Class numbers, shape (rows,).
    of_rows : ndarray
        Weights of the rows, shape (rows,).
    prior_step : bool
        Whether steps are sought; else they are 0.

    Returns
    -------
    Stack
        Steps of mean 0.
    """
    zero = np.zeros(probabilities.shape[2])
    tried = [
        Stack(sharp * np.array([weight, 1.0 - weight]), zero) for weight in WEIGHTS for sharp in SHARPNESS
    ]
    best = min(tried, key=lambda each: _loss(each.combine(probabilities), target, of_rows))
    if not prior_step:
        return best
    return Stack(best.weights, prior.tuned(best.combine(probabilities), target, of_rows))


def _loss(probabilities: FloatArray, target: IntArray, of_rows: FloatArray) -> float:
    chosen = probabilities[np.arange(len(target)), target]
    return float(np.average(-np.log(np.maximum(chosen, 1e-12)), weights=of_rows))
