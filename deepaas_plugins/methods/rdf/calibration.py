"""Calibration of class probabilities, fitted on cross-validated predictions.

One curve per class (one against the rest), then normalised to sum 1: Zadrozny & Elkan (2002). Sigmoid is
Platt's logistic curve, isotonic a monotonous staircase. A calibration is arrays only, saved without pickle.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Nodes that curves are tabulated at; between them probabilities are interpolated.
NODES = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True)
class Calibration:
    """For every class its curve: the calibrated probability at `NODES`, shape (classes, len(NODES))."""

    curves: FloatArray

    @classmethod
    def fit(cls, kind: str, probabilities: FloatArray, true: IntArray) -> Self:
        """Fit the curves.

        Parameters
        ----------
        kind
            "sigmoid" or "isotonic".
        probabilities
            Of spectra that the forest had not seen, shape (rows, classes).
        true
            Their class numbers, shape (rows,).
        """
        size = probabilities.shape[1]
        return cls(np.stack([_curve(kind, probabilities[:, each], true == each) for each in range(size)]))

    def apply(self, probabilities: FloatArray) -> FloatArray:
        """Return calibrated probabilities.

        Parameters
        ----------
        probabilities : ndarray
            Of the forest, shape (rows, classes).

        Returns
        -------
        ndarray
            Same shape; each row sums to 1. Where all classes are calibrated to 0, all are equally probable.
        """
        pairs = zip(probabilities.T, self.curves, strict=True)
        corrected = np.stack([np.interp(column, NODES, curve) for column, curve in pairs], axis=1)
        total = corrected.sum(axis=1, keepdims=True)
        even = np.full_like(corrected, 1.0 / corrected.shape[1])
        return np.where(total > 0, corrected / np.where(total > 0, total, 1.0), even)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays to save.

        Returns
        -------
        dict
            ``curves``, shape (classes, nodes): the calibrated probability at each of `NODES`.
        """
        return {"curves": self.curves}

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]], classes: int) -> Self:
        """Return the calibration of saved arrays.

        Raises
        ------
        InvalidInput
            It is no calibration of so many classes.
        """
        curves = arrays.get("curves")
        if curves is None or curves.shape != (classes, len(NODES)) or not np.isfinite(curves).all():
            raise InvalidInput(f"The saved calibration is not one of {classes} classes.")
        return cls(curves.astype(np.float64))


def _curve(kind: str, score: FloatArray, belongs: npt.NDArray[np.bool_]) -> FloatArray:
    # Only where a calibration is fitted: predicting applies curves, and scikit-learn takes seconds to import.
    from sklearn.isotonic import IsotonicRegression  # noqa: PLC0415 - see above
    from sklearn.linear_model import LogisticRegression  # noqa: PLC0415 - see above

    if belongs.all() or not belongs.any():
        return np.full_like(NODES, float(belongs.all()))
    if kind == "isotonic":
        staircase = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
        staircase.fit(score, belongs.astype(float))
        return np.asarray(staircase.predict(NODES), dtype=np.float64)
    # Weak regularisation stands for Platt's smoothed targets: curves stay finite where classes separate.
    logistic = LogisticRegression(C=1e3).fit(score[:, None], belongs)
    return np.asarray(logistic.predict_proba(NODES[:, None])[:, 1], dtype=np.float64)
