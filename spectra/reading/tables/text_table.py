"""A table in a text: its lines, how they are cut, and their numbers."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

MISSING = {
    "", "--", "-", "...", "null", "(null)", "none", "na", "n/a", "#n/a", "nan", "+nan", "-nan", "indef",
    "masked", "missing", "\\n",
}  # fmt: skip
"""Words, in small letters, that stand for a missing value."""
_OVERFLOW = re.compile(r"\*+")  # a Fortran number wider than its field
DECIMAL_COMMA = re.compile(r"[+-]?\d*,\d+(?:[EeDd][+-]?\d+)?")
_LOGICAL = {"true": 1.0, "t": 1.0, "yes": 1.0, "false": 0.0, "f": 0.0, "no": 0.0}
_SHORT = re.compile(r"[\w.,+-]{1,20}")
_FORTRAN = re.compile(r"(?<=[\d.])[dD](?=[+-]?\d)")


@dataclass(frozen=True, slots=True)
class TextTable:
    """The lines of a table and how to cut them.

    Parameters
    ----------
    lines
        Of the rows.
    delimiter
        None: blanks.
    names
        Of the columns, or none.
    units
        By name, where the text states them in a line or header of their own.
    comments
        Lines of comment before the table, without their mark.
    decimal_comma
        Whether numbers have a comma in place of the point.
    first
        Number of the first row's line, counted from 1, where no line between is skipped.
    """

    lines: list[str]
    delimiter: str | None
    names: list[str]
    units: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    decimal_comma: bool = False
    first: int = 1

    def cells(self, line: str) -> list[str]:
        """Cut one line."""
        return cut(line, self.delimiter)

    def columns(self, wanted: Sequence[int], mask: int | None = None) -> FloatArray:
        """Return columns as numbers, NaN where a value is missing.

        Parameters
        ----------
        wanted
            Which columns, counted from 0.
        mask
            The one of them whose cells may be logical (True counts as 1), or None.

        Returns
        -------
        FloatArray
            Shape (rows, len(wanted)).

        Raises
        ------
        ReadError
            When a line has too few columns or a cell is no number.
        """
        lines: list[str] = self.lines
        if self.decimal_comma:
            lines = [line.replace(",", ".") for line in lines]
        try:
            return np.loadtxt(
                lines, delimiter=self.delimiter, usecols=wanted, ndmin=2, comments=None, quotechar='"'
            )
        except (ValueError, IndexError):
            rows = [self._row(number, line, wanted, mask) for number, line in enumerate(lines)]
        return np.array(rows, dtype=np.float64).reshape(len(rows), len(wanted))

    def _row(self, number: int, line: str, wanted: Sequence[int], mask: int | None) -> list[float]:
        cells = self.cells(line)
        if len(cells) <= max(wanted):
            raise ReadError(
                f"the text is no table of numbers (line {self.first + number} has {len(cells)} columns, "
                f"{max(wanted) + 1} are needed)"
            )
        return [
            _LOGICAL[word]
            if column == mask and (word := cells[column].lower()) in _LOGICAL
            else self._number(number, cells[column])
            for column in wanted
        ]

    def _number(self, number: int, cell: str) -> float:
        if is_missing(cell):
            return np.nan
        try:
            return float(_FORTRAN.sub("e", cell))
        except ValueError:
            advice = "; save it with decimal points" if DECIMAL_COMMA.fullmatch(cell) else ""
            # A text that is no table is not repeated: it may be anything.
            what = repr(cell) if _SHORT.fullmatch(cell) else f"a text of {len(cell)} characters"
            raise ReadError(
                f"the text is no table of numbers (line {self.first + number}: {what} is no number{advice})"
            ) from None


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.lower() in MISSING or _OVERFLOW.fullmatch(cell) is not None


def cut(line: str, delimiter: str | None) -> list[str]:
    """Cut a line into its cells, without blanks and quotes around them."""
    if delimiter is None:
        if re.search(r"\s{2,}|\t", line) and re.search(r"[(\[]", line):
            return [part for part in re.split(r"\s{2,}|\t", line) if part]  # "Wavelength (nm)   Flux"
        if '"' not in line:
            return line.split()
        return next(csv.reader([line], delimiter=" ", skipinitialspace=True), [])
    if '"' in line:
        return [
            part.strip() for part in next(csv.reader([line], delimiter=delimiter, skipinitialspace=True), [])
        ]
    return [part.strip(" '") for part in line.split(delimiter)]
