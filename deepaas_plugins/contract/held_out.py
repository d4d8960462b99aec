"""What a model predicts for labelled rows that it was not trained on: the material of calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class HeldOut:
    """Predictions for rows whose objects were not among those that the predicting model learned from.

    Attributes
    ----------
    rows
        Row numbers in the feature set, shape (n,), int64.
    predicted
        Probabilities, shape (n, classes), or values, shape (n,) or (n, targets); float64, finite.
    target
        Class numbers, shape (n,), or values in the shape of `predicted`; NaN: this true value is not known.
    members
        Object number of each row, shape (n,), int64.
    classes
        Names of the classes, or None where the target is a value.
    targets
        Keys of the values in a prediction, in the order of columns.
    """

    rows: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.float64]
    target: npt.NDArray[Any]
    members: npt.NDArray[np.int64]
    classes: list[str] | None
    targets: tuple[str, ...] = ("value",)

    @property
    def values(self) -> npt.NDArray[np.float64]:
        """Return the predicted values.

        Returns
        -------
        ndarray
            Shape (n, targets).
        """
        return self.predicted.reshape(len(self.rows), len(self.targets))

    @property
    def truths(self) -> npt.NDArray[np.float64]:
        """Return the true values.

        Returns
        -------
        ndarray
            Shape (n, targets), NaN where one is not known.
        """
        return np.asarray(self.target, dtype=np.float64).reshape(len(self.rows), len(self.targets))

    def some(self, chosen: npt.NDArray[np.bool_]) -> HeldOut:
        """Return some of the rows.

        Parameters
        ----------
        chosen : ndarray
            Whether each row is among them, shape (n,), bool.

        Returns
        -------
        HeldOut
            Classes stay those of all rows.
        """
        return HeldOut(
            self.rows[chosen],
            self.predicted[chosen],
            self.target[chosen],
            self.members[chosen],
            self.classes,
            self.targets,
        )
