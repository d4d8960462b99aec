"""Order statistics of conformal prediction: how wrong held-out predictions are, objects weighing alike."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: The share of objects whose set or interval is to hold the truth.
COVERAGE = 0.9
#: What an interval of plus and minus one standard deviation covers of a normal distribution.
ONE_SIGMA = 0.6827


def fewest_objects(coverage: float) -> int:
    """Return how many calibration objects a finite limit needs: n ≥ coverage · (n + 1).

    Parameters
    ----------
    coverage : float
        Wanted, between 0 and 1.

    Returns
    -------
    int
        9 for a coverage of 0.9.
    """
    # 0.9 / (1 - 0.9) is a little more than 9 in floating point.
    return int(np.ceil(coverage / (1 - coverage) - 1e-9))


def limit(scores: FloatArray, members: IntArray, coverage: float) -> float:
    """Return the conformal limit of nonconformity scores, each object weighing one.

    Parameters
    ----------
    scores : ndarray
        Of calibration rows, shape (n,): the larger, the less the truth agrees with the prediction.
    members : ndarray
        Object number of each row, shape (n,).
    coverage : float
        Wanted, between 0 and 1.

    Returns
    -------
    float
        The smallest score s such that the weight of scores ≤ s is at least coverage · (objects + 1);
        infinite where there are too few objects for that.
    """
    if not len(scores):
        return float("inf")
    _, place, count = np.unique(members, return_inverse=True, return_counts=True)
    wanted = coverage * (len(count) + 1) - 1e-9
    if wanted > len(count):
        return float("inf")
    order = np.argsort(scores, kind="stable")
    reached = np.cumsum(1.0 / count[place][order])
    return float(scores[order][min(int(np.searchsorted(reached, wanted)), len(scores) - 1)])
