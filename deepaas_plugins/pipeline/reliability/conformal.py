"""Conformal prediction: sets of classes and intervals of values that hold the truth with a stated coverage.

Class sets are class-conditional (Mondrian, Vovk et al. 2005, section 4.5) with the score 1 − p of the true
class; `intervals` has what there is for values. Objects count, not spectra: the spectra of an object share
its weight. Limits come from predictions for held-out objects; NumPy is all that is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.held_out import HeldOut
from deepaas_plugins.pipeline.reliability.intervals import Intervals
from deepaas_plugins.pipeline.reliability.limits import COVERAGE, FloatArray, IntArray, limit


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
        """Return which classes have a finite limit.

        Returns
        -------
        ndarray
            Shape (classes,), bool.
        """
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
        """Return the arrays to save.

        Returns
        -------
        dict
            By name, as `of_arrays` reads them.
        """
        return {"limits": self.limits, "objects": self.objects, "coverage": np.array(self.coverage)}


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
        None where no class or value has enough objects (`limits.fewest_objects`).
    """
    if held.classes is not None:
        sets = ClassSets.fit(held, coverage)
        return sets if sets.calibrated.any() else None
    intervals = Intervals.fit(held, coverage)
    return intervals if np.isfinite(intervals.factors[0]).any() else None


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
    coverage = arrays.get("coverage")
    if coverage is None or coverage.shape != () or coverage.dtype.kind != "f" or not 0 < coverage < 1:
        raise InvalidInput("The stored calibration of the model states no coverage.")
    if classes is None:
        return Intervals.of_arrays(arrays, float(coverage))
    limits, objects = arrays.get("limits"), arrays.get("objects")
    if limits is None or limits.shape != (classes,) or limits.dtype.kind != "f" or np.isnan(limits).any():
        raise InvalidInput("The stored calibration of the model is not of its classes.")
    if objects is None or objects.dtype.kind != "i" or objects.shape != (classes,):
        raise InvalidInput("The stored calibration of the model has no counts of objects.")
    return ClassSets(limits.astype(np.float64), objects.astype(np.int64), float(coverage))
