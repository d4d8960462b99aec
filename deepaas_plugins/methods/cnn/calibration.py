"""From the mean probabilities of networks to calibrated ones: a step for each class, and a temperature.

Both are found on predictions for objects that were left out; the temperature is that of Guo et al. (2017).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features import prior

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Inverse temperatures that are tried.
SHARPNESS = np.geomspace(0.2, 5.0, 49)
#: Probabilities below this are raised to it before a logarithm.
SMALLEST = 1e-9


@dataclass(frozen=True)
class Calibration:
    """Softmax of sharpness × log probability + step of the class.

    Attributes
    ----------
    steps
        Log-weights of the classes, shape (classes,).
    sharpness
        The inverse of the temperature.
    """

    steps: FloatArray
    sharpness: float

    @classmethod
    def none(cls, classes: int) -> Calibration:
        """Return the calibration that changes nothing."""
        return cls(np.zeros(classes), 1.0)

    @classmethod
    def fit(
        cls, probabilities: FloatArray, target: IntArray, weights: FloatArray, *, prior_step: bool
    ) -> Calibration:
        """Find the temperature by log loss, then the steps by balanced accuracy.

        Parameters
        ----------
        probabilities : ndarray
            For objects that were left out, shape (rows, classes).
        target : ndarray
            Class numbers, shape (rows,).
        weights : ndarray
            Of the rows, shape (rows,).
        prior_step : bool
            Whether steps are sought; else they are 0.
        """
        plain = cls.none(probabilities.shape[1])
        losses = [
            _log_loss(cls(plain.steps, sharp).apply(probabilities), target, weights) for sharp in SHARPNESS
        ]
        sharp = float(SHARPNESS[int(np.argmin(losses))])
        if not prior_step:
            return cls(plain.steps, sharp)
        return cls(prior.tuned(cls(plain.steps, sharp).apply(probabilities), target, weights), sharp)

    def apply(self, probabilities: FloatArray) -> FloatArray:
        """Return calibrated probabilities, shape (rows, classes); each row sums to 1."""
        logits = self.sharpness * np.log(np.maximum(probabilities, SMALLEST)) + self.steps
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities, shape (rows, classes)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _log_loss(probabilities: FloatArray, target: IntArray, weights: FloatArray) -> float:
    chosen = probabilities[np.arange(len(target)), target]
    return float(np.average(-np.log(np.maximum(chosen, SMALLEST)), weights=weights))
