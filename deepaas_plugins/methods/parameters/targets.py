"""Numbers in labels: one, or several with names, as in ``teff=5780; logg=4.44; feh=0.0``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

#: Name of a single number without a name.
ALONE = "value"
#: Values all above this, the largest `SPAN` times the smallest or more, are learned as logarithms.
ABOVE, SPAN = 100.0, 2.0
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")


def parse(label: str, spectrum: str) -> dict[str, float]:
    """Return the numbers of a label.

    Parameters
    ----------
    label : str
        A number, or ``name=number`` several times, parted by ``;`` or ``,``; ``nan`` and ``-`` are no value.
    spectrum : str
        Named where the label is wrong.

    Returns
    -------
    dict
        Name to finite value; what has none is left out.

    Raises
    ------
    InvalidInput
        It is something else.
    """
    found: dict[str, float] = {}
    for part in filter(None, (each.strip() for each in re.split(r"[;,]", label))):
        name, equals, text = part.partition("=") if "=" in part else (ALONE, "=", part)
        name, text = name.strip(), text.strip()
        if not equals or not _NAME.fullmatch(name) or name in found or name == "name":
            raise InvalidInput(
                f"The label {label!r} of spectrum {spectrum} is not of the form teff=5780; logg=4.44."
            )
        if text.lower() in ("", "-", "nan"):
            continue
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not np.isfinite(value):
            raise InvalidInput(f"{name} of spectrum {spectrum} is no number: {text!r}.")
        found[name] = value
    return found


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
            Shape (rows, values).
        automatic : bool
            Whether logarithms may be taken.
        """
        lowest, highest = values.min(axis=0), values.max(axis=0)
        logarithm = (lowest > ABOVE) & (highest >= SPAN * lowest) & automatic
        flat = np.where(logarithm, np.log(np.where(logarithm, values, 1.0)), values)
        scale = flat.std(axis=0)
        return cls(logarithm, flat.mean(axis=0), np.where(scale > 0, scale, 1.0))

    def standard(self, values: FloatArray) -> FloatArray:
        """Return standardised values, shape (rows, values)."""
        flat = np.where(self.logarithm, np.log(np.maximum(values, np.finfo(float).tiny)), values)
        return np.asarray((flat - self.centre) / self.scale)

    def values(self, standard: FloatArray) -> FloatArray:
        """Return the values of standardised ones, same shape; logarithms are limited to 5 deviations."""
        flat = np.where(self.logarithm, np.clip(standard, -5.0, 5.0), standard) * self.scale + self.centre
        return np.asarray(np.where(self.logarithm, np.exp(np.where(self.logarithm, flat, 0.0)), flat))
