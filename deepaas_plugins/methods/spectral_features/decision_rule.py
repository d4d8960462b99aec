"""From class probabilities to one class.

Of classes in an order, the answer that is nearest to the truth on average is the median of the probabilities
along the scale; the most probable class is right most often.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


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


def winners(probabilities: FloatArray, rule: str) -> IntArray:
    """Return the class of each row by a rule.

    Parameters
    ----------
    probabilities : ndarray
        Shape (rows, classes).
    rule : str
        ``median`` or ``most_probable``.

    Returns
    -------
    ndarray
        Class numbers, shape (rows,).
    """
    if rule == "median":
        return median(probabilities)
    return np.asarray(np.nan_to_num(probabilities).argmax(axis=1), dtype=np.int64)
