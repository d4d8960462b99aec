"""The number that tells of a split how well a method does on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def balanced_accuracy(predicted: Array, true: Array) -> float:
    """Return the mean recall of the classes that occur.

    Parameters
    ----------
    predicted, true : ndarray
        Class numbers, shape (rows,).

    Returns
    -------
    float
        0 to 1.
    """
    return float(np.mean([np.mean(predicted[true == each] == each) for each in np.unique(true)]))


def root_mean_square(predicted: Array, true: Array) -> float:
    """Return the root mean square error.

    Parameters
    ----------
    predicted, true : ndarray
        Values, shape (rows,), in one unit.

    Returns
    -------
    float
        In that unit.
    """
    return float(np.sqrt(np.mean((predicted - true) ** 2)))


@dataclass(frozen=True)
class Score:
    """A measure by which splits and methods are compared.

    Attributes
    ----------
    name, title
        Of the metric; for people.
    better
        Which way is better.
    of
        Takes what was predicted and what is true, each of shape (rows,).
    """

    name: str
    title: str
    better: Literal["higher", "lower"]
    of: Callable[[Array, Array], float]

    def beats(self, one: float, other: float) -> bool:
        """Whether one value is better than another."""
        return one > other if self.better == "higher" else one < other


#: What classifiers, and what regressions are compared by.
OF_CLASSES = Score("balanced_accuracy", "Balanced accuracy", "higher", balanced_accuracy)
OF_VALUES = Score("rmse", "Root mean square error", "lower", root_mean_square)
