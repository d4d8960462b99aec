"""From the outputs of a ridge to probabilities: a prior step for each class, and a temperature.

Both are found on predictions for objects that the ridge was not trained on. The temperature is that of Guo et
al. (2017, section 4.2).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.spectral_features.prior import recall_mean

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Steps that are tried for a class, in units of the outputs (−1 for another class, 1 for this one); the
#: smallest come first, so that a larger one must gain more than `GAIN`.
STEPS = np.array(sorted(np.linspace(-0.6, 0.6, 25), key=abs))
GAIN = 1e-3
#: Passes over the classes.
PASSES = 2
TEMPERATURES = np.geomspace(0.5, 50.0, 60)


@dataclass(frozen=True)
class Decision:
    """How outputs become probabilities: softmax of sharpness × (output + step of the class).

    Attributes
    ----------
    steps
        Shape (classes,).
    sharpness
        The inverse of the temperature.
    """

    steps: FloatArray
    sharpness: float

    def probabilities(self, outputs: FloatArray) -> FloatArray:
        """Return class probabilities.

        Parameters
        ----------
        outputs : ndarray
            Shape (rows, classes).

        Returns
        -------
        ndarray
            Same shape; each row sums to 1.
        """
        logits = self.sharpness * (outputs + self.steps)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def fit(outputs: FloatArray, target: IntArray, weights: FloatArray, *, prior_step: bool) -> Decision:
    """Find the steps that give the best balanced accuracy, and the temperature that gives the best log loss.

    Parameters
    ----------
    outputs : ndarray
        For objects that were left out, shape (rows, classes).
    target : ndarray
        Class numbers, shape (rows,).
    weights : ndarray
        Of the rows in balanced accuracy and loss, shape (rows,).
    prior_step : bool
        Whether steps are sought; else they are 0.

    Returns
    -------
    Decision
        Steps of mean 0.
    """
    steps = np.zeros(outputs.shape[1])
    if prior_step:
        for _ in range(PASSES):
            for each in range(len(steps)):
                steps[each] = _best_step(outputs, steps, each, target, weights)
        steps -= steps.mean()
    losses = [_log_loss(Decision(steps, sharp), outputs, target, weights) for sharp in TEMPERATURES]
    return Decision(steps, float(TEMPERATURES[int(np.argmin(losses))]))


def _best_step(
    outputs: FloatArray, steps: FloatArray, each: int, target: IntArray, weights: FloatArray
) -> float:
    shifted = outputs + steps
    others = np.delete(shifted, each, axis=1)
    rival, value = others.argmax(axis=1), others.max(axis=1)
    rival += rival >= each
    best, best_score = steps[each], -np.inf
    for step in [steps[each], *STEPS]:
        winner = np.where(outputs[:, each] + step > value, each, rival)
        score = recall_mean(winner, target, weights)
        if score > best_score + GAIN:
            best, best_score = step, score
    return float(best)


def _log_loss(decision: Decision, outputs: FloatArray, target: IntArray, weights: FloatArray) -> float:
    chosen = decision.probabilities(outputs)[np.arange(len(target)), target]
    return float(np.average(-np.log(np.maximum(chosen, 1e-12)), weights=weights))
