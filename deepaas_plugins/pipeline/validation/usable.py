"""Whether anything can be learned from a feature set: what is wrong is said before compute is spent."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.method import Method
from spectra import FeatureSet

#: Columns that a message names.
SHOWN = 5


def check(method: Method, features: FeatureSet) -> None:
    """Check what every method needs; rows are read once, in blocks.

    Parameters
    ----------
    method : Method
        That is to learn.
    features : FeatureSet
        The prepared rows.

    Raises
    ------
    InvalidInput
        There are no rows, no labels where the method needs them, columns or rows with values that are no
        finite numbers, or rows that are all equal.
    """
    if features.rows == 0:
        raise InvalidInput("The feature set is empty.")
    if method.needs_labels and not any(features.labels()):
        raise InvalidInput(
            f"None of the {features.rows} spectra has a label, and {method.title} learns from labels: "
            "add a manifest with a column label."
        )
    _check_numbers(features, differing=method.domain)


def _check_numbers(features: FeatureSet, *, differing: bool) -> None:
    known = np.zeros(features.columns, dtype=bool)
    first: npt.NDArray[np.float32] | None = None
    wrong: tuple[int, int] | None = None
    differ, before = False, 0
    for block in features.matrices():
        finite = np.isfinite(block)
        known |= finite.any(axis=0)
        if wrong is None and not finite.all():
            row, column = np.argwhere(~finite)[0]
            wrong = before + int(row), int(column)
        first = block[0].copy() if first is None else first
        differ = differ or bool((block != first).any())
        before += len(block)
    if not known.all():
        raise InvalidInput(
            f"{_columns(features, np.flatnonzero(~known))} no finite number in any of the {features.rows} "
            "spectra: cut them out by the recipe, or leave them out of the feature set."
        )
    if wrong is not None:
        row, column = wrong
        raise InvalidInput(
            f"{features.names()[row]} (row {row} from 0) has no finite number in "
            f"{_column(features, column)}: leave the spectrum out, or mask and fill such values."
        )
    if differing and not differ:
        what = f"All {features.rows} spectra are equal" if features.rows > 1 else "There is one spectrum only"
        raise InvalidInput(f"{what}: there is nothing to learn.")


def _columns(features: FeatureSet, columns: npt.NDArray[np.intp]) -> str:
    named = ", ".join(_column(features, int(column)) for column in columns[:SHOWN])
    more = f" and {len(columns) - SHOWN} more columns" if len(columns) > SHOWN else ""
    text = f"{named}{more} {'have' if len(columns) > 1 else 'has'}"
    return text[:1].upper() + text[1:]


def _column(features: FeatureSet, column: int) -> str:
    if features.wavelength is not None:
        return f"column {column} ({features.wavelength[column]:.6g} Å)"
    names = features.column_names
    return f"column {column}" if names is None else f"column {column} ({names[column]})"
