"""From class probabilities to one class.

Of classes in an order, the answer that is nearest to the truth on average is the median of the probabilities
along the scale; the most probable class is right most often. The class about which most of the probability
lies is right, or nearly so, more often than either.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Of classes in an order.
RULES = ("median", "densest")
#: Standard deviation of the Gaussian by which probability counts as near, in steps of the scale.
NEIGHBOURHOOD = 0.75


def median(probabilities: FloatArray) -> IntArray:
    """Return the class at which the cumulative probability reaches one half.

    Parameters
    ----------
    probabilities : ndarray
        Classes in order, shape (rows, classes).

    Returns
    -------
    ndarray
        Class numbers, shape (rows,); 0 where probabilities are not finite.
    """
    total = np.cumsum(probabilities, axis=1)
    return np.asarray((total >= 0.5 * total[:, -1:]).argmax(axis=1), dtype=np.int64)


def densest(probabilities: FloatArray, scale: FloatArray) -> IntArray:
    """Return the class about which most of the probability lies.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).
    scale : ndarray
        Place of each class, shape (classes,).

    Returns
    -------
    ndarray
        Class numbers, shape (rows,).
    """
    near = np.exp(-0.5 * ((scale[:, None] - scale[None, :]) / NEIGHBOURHOOD) ** 2)
    return np.asarray((np.nan_to_num(probabilities) @ near).argmax(axis=1), dtype=np.int64)


@dataclass(frozen=True)
class Decision:
    """How a class is decided on.

    Attributes
    ----------
    scale
        Place of each class where they are in an order, shape (classes,); None: the most probable one is it.
    rule
        Of `RULES`, for classes in an order.
    """

    scale: FloatArray | None = None
    rule: str = RULES[0]

    @classmethod
    def of(cls, scale: FloatArray | None, params: Mapping[str, Any]) -> Self:
        """Return the decision of parameters; models that know no rule took the median."""
        return cls(scale, params.get("decision", RULES[0]))

    def winners(self, probabilities: FloatArray) -> IntArray:
        """Return the class of each row.

        Parameters
        ----------
        probabilities : ndarray
            Shape (rows, classes).

        Returns
        -------
        ndarray
            Class numbers, shape (rows,).
        """
        if self.scale is None:
            return np.asarray(np.nan_to_num(probabilities).argmax(axis=1), dtype=np.int64)
        return densest(probabilities, self.scale) if self.rule == "densest" else median(probabilities)
