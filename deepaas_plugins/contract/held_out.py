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
        Probabilities, shape (n, classes), or values, shape (n,); float64, finite.
    target
        Class numbers or values, shape (n,).
    members
        Object number of each row, shape (n,), int64.
    classes
        Names of the classes, or None where the target is a value.
    """

    rows: npt.NDArray[np.int64]
    predicted: npt.NDArray[np.float64]
    target: npt.NDArray[Any]
    members: npt.NDArray[np.int64]
    classes: list[str] | None

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
        )
