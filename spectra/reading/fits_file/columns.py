"""The columns of a FITS binary table: what their headers say, and their cells (FITS 4.0, 7.3).

Cells are numbers of one spectrum each, or one number per row; they become float64 one spectrum at a time, so
that a table is never held twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.fits_file.header import Header
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

COLUMN_TYPES = {
    "L": ("S1", 1), "B": ("u1", 1), "I": (">i2", 2), "J": (">i4", 4), "K": (">i8", 8), "E": (">f4", 4),
    "D": (">f8", 8), "A": ("S", 1), "C": (">c8", 8), "M": (">c16", 16), "X": ("u1", 1),
    "P": (">i4", 8), "Q": (">i8", 16),
}  # fmt: skip
_TFORM = re.compile(r"(\d*)([LBIJKEDACMXPQ])(?:([LBIJKEDACMX]))?")
_MAX_AXES = 999
_NUMBERS = set("BIJKED")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a binary table: name in capitals, type letter, count per row, byte offset in the row."""

    number: int
    name: str
    letter: str
    repeat: int
    offset: int
    item: str = ""

    @property
    def is_numeric(self) -> bool:
        """Whether its cells are numbers, or arrays of numbers of any length."""
        return (self.item if self.letter in "PQ" else self.letter) in _NUMBERS


def parse_columns(header: Header, index: int) -> dict[str, Column]:
    """Return the columns of a table by name in capitals (the first of equal names).

    Type letters may be small: some writers make them so, and astropy reads them.

    Parameters
    ----------
    header
        Of the table.
    index
        Of the HDU, for messages.

    Raises
    ------
    ReadError
        When a TFORM is illegal, or the columns are wider than a row.
    """
    found: dict[str, Column] = {}
    for column in every_column(header, index):
        found.setdefault(column.name, column)
    return found


def every_column(header: Header, index: int) -> Iterator[Column]:
    """Walk through the columns of a table in their order; two may have one name.

    Parameters
    ----------
    header, index
        As for `parse_columns`.

    Raises
    ------
    ReadError
        When a TFORM is illegal, or the columns are wider than a row.
    """
    offset = 0
    for number in range(1, min(header.integer("TFIELDS", 0), _MAX_AXES) + 1):
        match = _TFORM.match(header.text(f"TFORM{number}").upper())
        if match is None:
            raise ReadError(f"column {number} of the table in HDU {index} has no legal TFORM")
        repeat, letter = int(match[1] or 1), match[2]
        name = header.text(f"TTYPE{number}").upper() or f"COLUMN{number}"
        yield Column(number, name, letter, repeat, offset, match[3] or "")
        offset += (repeat + 7) // 8 if letter == "X" else repeat * COLUMN_TYPES[letter][1]
    if offset > header.integer("NAXIS1"):
        raise ReadError(f"the columns of the table in HDU {index} are wider than its rows")


class Cells(Sequence[FloatArray]):
    """The spectra in a column, each made when it is asked for.

    Parameters
    ----------
    stored
        One array per spectrum, as the file has them.
    scale, zero
        TSCALn and TZEROn.
    blank
        TNULLn: the whole number that stands for no value, or None.
    """

    def __init__(
        self,
        stored: Sequence[npt.NDArray[Any]] | npt.NDArray[Any],
        scale: float = 1.0,
        zero: float = 0.0,
        blank: int | None = None,
    ) -> None:
        self._stored = stored
        self._scaling = (scale, zero, blank)

    def __len__(self) -> int:
        return len(self._stored)

    def __getitem__(self, row: Any) -> Any:
        return scaled(self._stored[row], *self._scaling)

    def stored(self, row: int) -> npt.NDArray[Any]:
        """Return the numbers (or logicals, as bytes) of one spectrum, not scaled.

        Parameters
        ----------
        row : int
            The row, from 0.

        Returns
        -------
        ndarray
            Shape (n,), in the type of the file.
        """
        one: npt.NDArray[Any] = self._stored[row]
        return one


def scaled(raw: npt.NDArray[Any], scale: float, zero: float, blank: int | None) -> FloatArray:
    """Return numbers as float64, scaled (FITS 4.0, equations 3 and 7).

    Parameters
    ----------
    raw : ndarray
        As the file has them, any shape.
    scale, zero : float
        The value is raw × `scale` + `zero`.
    blank : int or None
        The whole number that stands for no value, or None.

    Returns
    -------
    ndarray
        Same shape; NaN for no value.
    """
    with np.errstate(invalid="ignore"):  # signalling NaNs in hostile bytes
        values = raw.astype(np.float64)
    if blank is not None and raw.dtype.kind in "iu":
        values[raw == blank] = np.nan
    if (scale, zero) != (1.0, 0.0):
        with np.errstate(all="ignore"):
            values = values * scale + zero
    return values


def scaling(header: Header, scale: str, zero: str, null: str) -> tuple[float, float, int | None]:
    """Return the scaling that three keywords give.

    Parameters
    ----------
    header : Header
        The FITS header.
    scale, zero, null : str
        The keywords, such as ``BSCALE``, ``BZERO`` and ``BLANK``.

    Returns
    -------
    float, float, int or None
        Scale (1 without the keyword), zero (0), and the whole number for no value.
    """
    blank = header.get(null)
    by, at = header.number(scale), header.number(zero)
    return (
        1.0 if by is None else by,
        0.0 if at is None else at,
        blank if isinstance(blank, int) and not isinstance(blank, bool) else None,
    )


def variable_arrays(
    descriptors: npt.NDArray[Any], data: Any, heap: int, column: Column, place: str
) -> list[npt.NDArray[Any]]:
    """Return the arrays of a column of variable length: views of the heap, nothing is copied.

    Parameters
    ----------
    descriptors
        Length and offset of each array, shape (rows, 2).
    data
        The bytes of the HDU.
    heap
        Where its heap begins.
    column
        The column.
    place
        What messages call it.

    Raises
    ------
    ReadError
        When an array lies outside the heap, or all of them together are larger than it (then they overlap,
        and a small file would fill the memory).
    """
    kind, size = COLUMN_TYPES[column.item]
    lengths, starts = descriptors[:, 0].astype(np.float64), descriptors[:, 1].astype(np.float64)
    if (descriptors < 0).any() or (heap + starts + lengths * size > len(data)).any():
        raise ReadError(f"{place} points outside the file", Fault.TRUNCATED)
    if lengths.sum() * size > max(len(data) - heap, 0):
        raise ReadError(f"the arrays of {place} overlap: together they are larger than the heap of the file")
    return [np.frombuffer(data, kind, length, heap + start) for length, start in descriptors.tolist()]
