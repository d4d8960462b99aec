"""What is remembered of every row, and the mean profile of every class; memory is a few numbers a row."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt

from deepaas_plugins.methods.lines import identification
from deepaas_plugins.methods.lines.answers import columns_of
from deepaas_plugins.methods.lines.measuring import Measured
from deepaas_plugins.methods.lines.profiles.shapes import CLASSES

Floats = npt.NDArray[np.float64]

#: Figures that the report draws or lists.
KEPT = ("emission", "ew", "ew_error", "velocity", "fwhm", "peak", "snr", "v_r", "separation")


class Findings:
    """Takes chunks of measurements.

    Parameters
    ----------
    rows
        How many there will be.
    columns
        Of a profile.

    Attributes
    ----------
    label
        Class of each row, −1 where the line is not covered; shape (rows,).
    probability
        Of that class, shape (rows,).
    figures
        `KEPT`, shape (rows,) each, NaN where there is none.
    lines
        How often each known line was found in emission and in absorption; "" for unknown ones.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.label = np.full(rows, -1, dtype=np.int32)
        self.probability = np.full(rows, np.nan, dtype=np.float32)
        self.figures = {name: np.full(rows, np.nan, dtype=np.float32) for name in KEPT}
        self.lines: Counter[tuple[str, bool]] = Counter()
        self._sums = np.zeros((len(CLASSES), columns))
        self._counts = np.zeros(len(CLASSES))

    def add(self, first: int, measured: Measured) -> None:
        """Take the measurements of the rows from `first` on."""
        here = slice(first, first + len(measured.covered))
        label = measured.label
        self.label[here] = label
        self.probability[here] = np.where(measured.covered, measured.probabilities.max(axis=1), np.nan)
        columns = columns_of(measured)
        for name, kept in self.figures.items():
            kept[here] = columns[name]
        for number in np.unique(label[label >= 0]):
            self._sums[number] += measured.profile[label == number].sum(axis=0)
            self._counts[number] += (label == number).sum()
        if measured.found is not None and measured.identified is not None:
            emission = (measured.found.peak > 0).tolist()
            names = identification.names(measured.identified)
            self.lines.update(zip(names, emission, strict=True))

    @property
    def covered(self) -> int:
        """Count of rows whose line is covered."""
        return int((self.label >= 0).sum())

    def counts(self) -> npt.NDArray[np.int64]:
        """Count the rows of each class.

        Returns
        -------
        ndarray
            Shape (classes,).
        """
        return np.bincount(self.label[self.label >= 0], minlength=len(CLASSES))

    def mean_profiles(self) -> tuple[list[str], Floats]:
        """Return the mean profile of each class that occurs.

        Returns
        -------
        names : list of str
            Of the classes, with the number of their rows.
        means : ndarray
            In units of the continuum, shape (names, columns).
        """
        seen = np.flatnonzero(self._counts)
        means = 1.0 + self._sums[seen] / self._counts[seen, None]
        return [f"{CLASSES[one]} ({int(self._counts[one]):,})" for one in seen], means
