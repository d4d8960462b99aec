"""How uncertain predictions are: scores of rows, the higher the sooner a person should look."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def entropy(probabilities: FloatArray) -> FloatArray:
    """Return Shannon's entropy of each row, as a share of the greatest possible.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes), each row sums to 1.

    Returns
    -------
    ndarray
        Shape (rows,), from 0 to 1.
    """
    classes = max(probabilities.shape[1], 2)
    told = np.where(probabilities > 0, probabilities, 1.0)
    return np.asarray(-(told * np.log(told)).sum(axis=1) / np.log(classes))


def margin(probabilities: FloatArray) -> FloatArray:
    """Return 1 less the difference of the two highest probabilities.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).

    Returns
    -------
    ndarray
        Shape (rows,), from 0 to 1.
    """
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities))
    two = np.partition(probabilities, -2, axis=1)[:, -2:]
    return np.asarray(1.0 - (two[:, 1] - two[:, 0]))


def least_confidence(probabilities: FloatArray) -> FloatArray:
    """Return 1 less the highest probability.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).

    Returns
    -------
    ndarray
        Shape (rows,), from 0 to 1.
    """
    return np.asarray(1.0 - probabilities.max(axis=1))


def disagreement(members: FloatArray) -> FloatArray:
    """Return the Jensen-Shannon divergence of the predictions of several models.

    It is the entropy of their mean less the mean of their entropies (McCallum & Nigam 1998): what could be
    learned from the label, without the noise on which all models agree.

    Parameters
    ----------
    members : ndarray
        Shape (models, rows, classes).

    Returns
    -------
    ndarray
        Shape (rows,), from 0 to 1.
    """
    alone = np.stack([entropy(each) for each in members])
    return np.asarray(np.clip(entropy(members.mean(axis=0)) - alone.mean(axis=0), 0.0, None))


def rarity(labelled: npt.NDArray[np.int64], power: float) -> FloatArray:
    """Return how much sooner rows of each class are wanted.

    Uncertain rows of frequent classes crowd out the rare ones, whose labels a balanced score needs most
    (Bengar et al. 2022, "Class-balanced active learning for image classification"). A row's score is
    multiplied by the mean of these weights over its probabilities.

    Parameters
    ----------
    labelled : ndarray
        Labels of each class so far, shape (classes,).
    power : float
        0: all classes alike; 1: a class with half of the labels weighs twice as much.

    Returns
    -------
    ndarray
        Shape (classes,); 1 for a class with the mean number of labels.
    """
    counts = np.maximum(labelled, 1).astype(np.float64)
    return np.asarray((counts.mean() / counts) ** power)


#: Scores that one model's probabilities give.
SCORES: Mapping[str, Callable[[FloatArray], FloatArray]] = {
    "entropy": entropy,
    "margin": margin,
    "least_confidence": least_confidence,
    "diverse": margin,
}
