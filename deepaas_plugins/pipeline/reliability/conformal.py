"""Conformal prediction: sets of classes and intervals of values that hold the truth with a stated coverage.

Class sets are class-conditional (Mondrian, Vovk et al. 2005, section 4.5) with the score 1 − p of the true
class; intervals are split-conformal with the absolute residual. Objects count, not spectra: the spectra of
an object share its weight. Limits come from predictions for held-out objects; NumPy is all that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut

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


@dataclass(frozen=True)
class ClassSets:
    """Limits of the score 1 − p, one for each class.

    Attributes
    ----------
    limits
        Shape (classes,); infinite: too few calibration objects, so the class is in every set.
    objects
        Calibration objects of each class, shape (classes,), int64.
    coverage
        Wanted, between 0 and 1.
    """

    limits: FloatArray
    objects: IntArray
    coverage: float

    @classmethod
    def fit(cls, held: HeldOut, coverage: float = COVERAGE) -> Self:
        """Fit the limits to held-out predictions.

        Parameters
        ----------
        held : HeldOut
            Probabilities and class numbers of held-out rows.
        coverage : float
            Wanted in each class, between 0 and 1.

        Returns
        -------
        ClassSets
            With an infinite limit for each class that has too few objects.
        """
        score = 1.0 - held.predicted[np.arange(len(held.target)), held.target]
        inside = [held.target == number for number in range(held.predicted.shape[1])]
        limits = np.array([limit(score[each], held.members[each], coverage) for each in inside])
        objects = np.array([len(np.unique(held.members[each])) for each in inside], dtype=np.int64)
        return cls(limits, objects, coverage)

    @property
    def calibrated(self) -> npt.NDArray[np.bool_]:
        """Return which classes have a finite limit, shape (classes,)."""
        return np.isfinite(self.limits)

    def of(self, probabilities: FloatArray) -> npt.NDArray[np.bool_]:
        """Return which classes are in the set of each row.

        Parameters
        ----------
        probabilities : ndarray
            Shape (rows, classes).

        Returns
        -------
        ndarray
            Shape (rows, classes), bool. The most probable class is always in: that only adds coverage.
        """
        # The limit was computed from 1 - p; the tolerance keeps the calibration rows themselves inside.
        found = (1.0 - probabilities) <= self.limits + 1e-12
        found[np.arange(len(found)), probabilities.argmax(axis=1)] = True
        return np.asarray(found)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save, by name."""
        return {"limits": self.limits, "objects": self.objects, "coverage": np.array(self.coverage)}


@dataclass(frozen=True)
class Intervals:
    """Half widths of intervals around a value.

    Attributes
    ----------
    half_width, sigma
        That covers `coverage`, and 68.27 %, of held-out objects; in the unit of the value.
    objects
        Calibration objects.
    coverage
        Wanted, between 0 and 1.
    """

    half_width: float
    sigma: float
    objects: int
    coverage: float

    @classmethod
    def fit(cls, held: HeldOut, coverage: float = COVERAGE) -> Self:
        """Fit the widths to held-out predictions.

        Parameters
        ----------
        held : HeldOut
            Predicted and true values of held-out rows.
        coverage : float
            Wanted, between 0 and 1.

        Returns
        -------
        Intervals
            Of infinite width where there are too few objects.
        """
        error = np.abs(held.predicted - held.target)
        half_width = limit(error, held.members, coverage)
        return cls(half_width, limit(error, held.members, ONE_SIGMA), len(np.unique(held.members)), coverage)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save, by name."""
        widths = np.array([self.half_width, self.sigma])
        return {"widths": widths, "objects": np.array(self.objects), "coverage": np.array(self.coverage)}


Conformal = ClassSets | Intervals


def fit(held: HeldOut, coverage: float = COVERAGE) -> Conformal | None:
    """Fit sets or intervals, whichever the predictions need.

    Parameters
    ----------
    held : HeldOut
        Predictions for held-out objects.
    coverage : float
        Wanted, between 0 and 1.

    Returns
    -------
    ClassSets, Intervals or None
        None where no class, or not the value, has enough objects (`fewest_objects`).
    """
    if held.classes is not None:
        sets = ClassSets.fit(held, coverage)
        return sets if sets.calibrated.any() else None
    intervals = Intervals.fit(held, coverage)
    return intervals if np.isfinite(intervals.half_width) else None


def of_arrays(arrays: Mapping[str, npt.NDArray[Any]], classes: int | None) -> Conformal:
    """Return what was saved as arrays.

    Parameters
    ----------
    arrays : mapping
        As `ClassSets.arrays` or `Intervals.arrays` returned them.
    classes : int or None
        Of the model.

    Returns
    -------
    ClassSets or Intervals
        Checked.

    Raises
    ------
    InvalidInput
        They do not fit the model.
    """
    names, shape = ("limits", (classes,)) if classes is not None else ("widths", (2,))
    numbers, coverage, objects = (arrays.get(name) for name in (names, "coverage", "objects"))
    if numbers is None or numbers.shape != shape or numbers.dtype.kind != "f" or np.isnan(numbers).any():
        raise InvalidInput("The stored calibration of the model is not of its classes.")
    if coverage is None or coverage.shape != () or coverage.dtype.kind != "f" or not 0 < coverage < 1:
        raise InvalidInput("The stored calibration of the model states no coverage.")
    if (
        objects is None
        or objects.dtype.kind != "i"
        or objects.shape != (shape if classes is not None else ())
    ):
        raise InvalidInput("The stored calibration of the model has no counts of objects.")
    if classes is not None:
        return ClassSets(numbers.astype(np.float64), objects.astype(np.int64), float(coverage))
    return Intervals(float(numbers[0]), float(numbers[1]), int(objects), float(coverage))
