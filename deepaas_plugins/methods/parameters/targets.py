"""Numbers in labels: one, or several with names, as in ``teff=5780; logg=4.44; feh=0.0``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from jobfolder import label_numbers

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Values all above this, the largest `SPAN` times the smallest or more, are learned as logarithms.
ABOVE, SPAN = 100.0, 2.0


def parse(label: str, spectrum: str) -> dict[str, float]:
    """Return the numbers of a label, by name.

    Parameters
    ----------
    label : str
        As `jobfolder.label_numbers.parse` takes it.
    spectrum : str
        Named where the label is wrong.

    Returns
    -------
    dict
        Name to finite value; what has none is left out.

    Raises
    ------
    InvalidInput
        It is no number.
    """
    try:
        return label_numbers.parse(label)
    except ValueError as error:
        raise InvalidInput(f"The label {label!r} of spectrum {spectrum} {error}.") from error


def table(labels: Sequence[str | None], names: Sequence[str]) -> tuple[list[str], IntArray, FloatArray]:
    """Return the values of all rows that have every value.

    Parameters
    ----------
    labels : sequence of str or None
        One for each row.
    names : sequence of str
        Of the spectra.

    Returns
    -------
    tuple
        Names of the values, rows that have all, shape (n,), and their values, shape (n, values).

    Raises
    ------
    InvalidInput
        A label is no numbers, or no row has all values.
    """
    read = {row: parse(label, names[row]) for row, label in enumerate(labels) if label}
    targets = list(dict.fromkeys(name for values in read.values() for name in values))
    rows = [row for row, values in read.items() if len(values) == len(targets)]
    if not rows or not targets:
        raise InvalidInput(f"No spectrum has a value of each of {', '.join(targets) or 'its labels'}.")
    return targets, np.array(rows), np.array([[read[row][name] for name in targets] for row in rows])


@dataclass(frozen=True)
class Scaling:
    """From values to standardised ones, and back.

    Attributes
    ----------
    logarithm
        Which are learned as logarithms, shape (values,), bool.
    centre, scale
        Of training values, after the logarithm, shape (values,).
    """

    logarithm: npt.NDArray[np.bool_]
    centre: FloatArray
    scale: FloatArray

    @classmethod
    def of_values(cls, values: FloatArray, *, automatic: bool) -> Scaling:
        """Return the scaling of training values.

        Parameters
        ----------
        values : ndarray
            Shape (rows, values); NaN where a value is missing.
        automatic : bool
            Whether logarithms may be taken.
        """
        lowest, highest = np.nanmin(values, axis=0), np.nanmax(values, axis=0)
        logarithm = (lowest > ABOVE) & (highest >= SPAN * lowest) & automatic
        flat = np.where(logarithm, np.log(np.where(logarithm, values, 1.0)), values)
        scale = np.nanstd(flat, axis=0)
        return cls(logarithm, np.nanmean(flat, axis=0), np.where(scale > 0, scale, 1.0))

    def standard(self, values: FloatArray) -> FloatArray:
        """Return standardised values, shape (rows, values)."""
        flat = np.where(self.logarithm, np.log(np.maximum(values, np.finfo(float).tiny)), values)
        return np.asarray((flat - self.centre) / self.scale)

    def values(self, standard: FloatArray) -> FloatArray:
        """Return the values of standardised ones, same shape; logarithms are limited to 5 deviations."""
        flat = np.where(self.logarithm, np.clip(standard, -5.0, 5.0), standard) * self.scale + self.centre
        return np.asarray(np.where(self.logarithm, np.exp(np.where(self.logarithm, flat, 0.0)), flat))
