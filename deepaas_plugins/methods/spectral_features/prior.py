"""A prior step: a log-weight for each class, by which probabilities are multiplied before one is chosen.

Forests of few rare rows lean to frequent classes. Dividing by the root of the number of rows of a class takes
half of that prior away; a tuned step is sought on predictions for objects that were left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Kinds of a prior step.
PRIORS = ("none", "root_count", "tuned")
#: Steps that are tried for a class, the smallest first, so that a larger one must gain more than `GAIN`.
STEPS = np.array(sorted(np.linspace(-1.5, 1.5, 31), key=abs))
GAIN = 1e-3
#: Passes over the classes.
PASSES = 2
#: Probabilities below this are raised to it before a logarithm.
SMALLEST = 1e-4


def of_counts(target: IntArray, classes: int) -> FloatArray:
    """Return −½ log of the number of rows of each class, of mean 0.

    Parameters
    ----------
    target : ndarray
        Class numbers of the training rows, shape (rows,).
    classes : int
        How many there are.

    Returns
    -------
    ndarray
        Log-weights, shape (classes,).
    """
    counts = np.maximum(np.bincount(target, minlength=classes), 1)
    steps = -0.5 * np.log(counts)
    return np.asarray(steps - steps.mean())


def tuned(probabilities: FloatArray, target: IntArray, weights: FloatArray) -> FloatArray:
    """Return the log-weights with the best balanced accuracy, class by class.

    Parameters
    ----------
    probabilities : ndarray
        Of rows whose objects were left out, shape (rows, classes).
    target : ndarray
        Their class numbers, shape (rows,).
    weights : ndarray
        Of the rows in balanced accuracy, shape (rows,).

    Returns
    -------
    ndarray
        Shape (classes,), of mean 0.
    """
    logs = np.log(np.maximum(probabilities, SMALLEST))
    steps = np.zeros(logs.shape[1])
    for _ in range(PASSES):
        for each in range(len(steps)):
            steps[each] = _best(logs, steps, each, target, weights)
    return np.asarray(steps - steps.mean())


def _best(logs: FloatArray, steps: FloatArray, each: int, target: IntArray, weights: FloatArray) -> float:
    trial, best, highest = steps.copy(), steps[each], -np.inf
    for step in (steps[each], *STEPS):
        trial[each] = step
        score = recall_mean((logs + trial).argmax(axis=1), target, weights)
        if score > highest + GAIN:
            best, highest = step, score
    return float(best)


def recall_mean(winner: IntArray, target: IntArray, weights: FloatArray) -> float:
    """Return the mean recall of the classes that occur, rows weighted.

    Parameters
    ----------
    winner, target : ndarray
        Predicted and true class numbers, shape (rows,).
    weights : ndarray
        Shape (rows,).

    Returns
    -------
    float
        0 to 1.
    """
    total = np.bincount(target, weights=weights)
    right = np.bincount(target, weights=weights * (winner == target), minlength=len(total))
    return float(np.mean(right[total > 0] / total[total > 0]))


def apply(probabilities: FloatArray, steps: FloatArray) -> FloatArray:
    """Return probabilities times the exponential of the steps, each row of sum 1.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).
    steps : ndarray
        Log-weights, shape (classes,).

    Returns
    -------
    ndarray
        Shape (rows, classes).
    """
    weighted = probabilities * np.exp(steps)
    total = weighted.sum(axis=1, keepdims=True)
    return np.asarray(np.divide(weighted, total, out=probabilities.copy(), where=total > 0))
