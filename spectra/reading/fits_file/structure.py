"""The structure of a FITS file: its HDUs, images and binary tables, read straight from the bytes.

Every size that a header promises is compared with what the file holds before anything is allocated.
Standard: FITS 4.0, 4.4.1 (mandatory keywords), 5 (data types), 7.3 (binary tables).
"""

from __future__ import annotations

import math
import mmap
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.fits_file.header import BLOCK, Header, read_header
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

Bytes = bytes | memoryview | mmap.mmap
_IMAGE_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_COLUMN_TYPES = {
    "L": ("S1", 1), "B": ("u1", 1), "I": (">i2", 2), "J": (">i4", 4), "K": (">i8", 8), "E": (">f4", 4),
    "D": (">f8", 8), "A": ("S", 1), "C": (">c8", 8), "M": (">c16", 16), "X": ("u1", 1),
    "P": (">i4", 8), "Q": (">i8", 16),
}  # fmt: skip
_TFORM = re.compile(r"(\d*)([LBIJKEDACMXPQ])(?:([LBIJKEDACMX]))?")
_MAX_AXES = 999
_MAX_HDUS = 10_000


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a binary table: name in capitals, type letter, count per row, byte offset in the row."""

    number: int
    name: str
    letter: str
    repeat: int
    offset: int
    item: str = ""


class Hdu:
    """One header and its data.

    Parameters
    ----------
    index
        Place in the file, counted from 0.
    header
        Its cards.
    data
        Its bytes without padding.
    limits
        Of arrays that are made of them.
    """

    def __init__(self, index: int, header: Header, data: Bytes, limits: Limits = UNLIMITED) -> None:
        self.index = index
        self.header = header
        self.data = data
        self._limits = limits

    @property
    def name(self) -> str:
        """EXTNAME in capitals, or ""."""
        return self.header.text("EXTNAME").upper()

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of an image in NumPy's order; () for a table or where there is none."""
        return () if self.is_table else _axes(self.header)[::-1]

    @property
    def is_table(self) -> bool:
        """Whether this is a binary table."""
        return self.header.text("XTENSION") == "BINTABLE"

    @property
    def is_image(self) -> bool:
        """Whether this holds an uncompressed image with pixels."""
        return len(self.data) > 0 and self.header.text("XTENSION") in {"", "IMAGE"}

    def image(self) -> FloatArray:
        """Return the image with BSCALE, BZERO and BLANK applied, as float64."""
        header = self.header
        self._limits.check(self.shape[-1], math.prod(self.shape[:-1]))
        raw = np.frombuffer(self.data, dtype=_IMAGE_TYPES[header.integer("BITPIX")]).reshape(self.shape)
        return _scaled(raw, header, "BSCALE", "BZERO", "BLANK")

    @property
    def rows(self) -> int:
        """Number of rows of a table."""
        return self.header.integer("NAXIS2")

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Columns of a binary table by name in capitals (the first of equal names)."""
        found: dict[str, Column] = {}
        offset = 0
        for number in range(1, min(self.header.integer("TFIELDS", 0), _MAX_AXES) + 1):
            match = _TFORM.match(self.header.text(f"TFORM{number}"))
            if match is None:
                raise ReadError(f"column {number} of the table in HDU {self.index} has no legal TFORM")
            repeat, letter = int(match[1] or 1), match[2]
            name = self.header.text(f"TTYPE{number}").upper() or f"COLUMN{number}"
            found.setdefault(name, Column(number, name, letter, repeat, offset, match[3] or ""))
            offset += (repeat + 7) // 8 if letter == "X" else repeat * _COLUMN_TYPES[letter][1]
        if offset > self.header.integer("NAXIS1"):
            raise ReadError(f"the columns of the table in HDU {self.index} are wider than its rows")
        return found

    def unit(self, name: str) -> str:
        """Return TUNIT of a column, or ""."""
        return self.header.text(f"TUNIT{self.columns[name].number}")

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column, scaled, shape (rows,) or (rows, repeat): numbers as float64, text as bytes."""
        column = self.columns[name]
        if column.letter in "PQ":
            return self._variable(column)
        raw = self._raw(column)
        if column.letter in "ALXCM":
            return raw
        number = column.number
        return _scaled(raw, self.header, f"TSCAL{number}", f"TZERO{number}", f"TNULL{number}")

    def integers(self, name: str) -> npt.NDArray[np.int64]:
        """Return a column of whole numbers without rounding (identifiers of 64 bits do not fit a float)."""
        return self._raw(self.columns[name]).astype(np.int64)

    def _raw(self, column: Column) -> npt.NDArray[Any]:
        kind = _COLUMN_TYPES[column.letter][0]
        repeat = 2 * column.repeat if column.letter in "PQ" else column.repeat
        if column.letter == "A":
            kind, repeat = f"S{max(column.repeat, 1)}", 1
        if repeat == 0:
            raise ReadError(f"column {column.name} of HDU {self.index} is empty", Fault.EMPTY)
        self._limits.check(*((repeat, self.rows) if repeat > 1 else (self.rows,)))
        width = self.header.integer("NAXIS1")
        cell = (kind, (repeat,)) if repeat > 1 else kind
        dtype = np.dtype({"names": ["v"], "formats": [cell], "offsets": [column.offset], "itemsize": width})
        return np.frombuffer(self.data, dtype=dtype, count=self.rows)["v"]

    def _variable(self, column: Column) -> npt.NDArray[Any]:
        if column.item not in set("BIJKED"):
            raise ReadError(f"column {column.name} of HDU {self.index} holds arrays that are not numbers")
        descriptors = self._raw(column).reshape(self.rows, -1)
        heap = self.header.integer("THEAP", self.header.integer("NAXIS1") * self.rows)
        kind, size = _COLUMN_TYPES[column.item]
        self._limits.check(int(descriptors[:, 0].max(initial=0)), self.rows)
        rows = []
        for length, start in descriptors.tolist():
            if length < 0 or start < 0 or heap + start + length * size > len(self.data):
                raise ReadError(
                    f"column {column.name} of HDU {self.index} points outside the file", Fault.TRUNCATED
                )
            rows.append(np.frombuffer(self.data, kind, length, heap + start).astype(np.float64))
        if len({len(row) for row in rows}) > 1:
            raise ReadError(
                f"the arrays in column {column.name} of HDU {self.index} differ in length", Fault.BAD_AXIS
            )
        return np.array(rows)


def _scaled(raw: npt.NDArray[Any], header: Header, scale: str, zero: str, null: str) -> FloatArray:
    with np.errstate(invalid="ignore"):  # signalling NaNs in hostile bytes
        values = raw.astype(np.float64)
    blank = header.get(null) if raw.dtype.kind in "iu" else None
    if isinstance(blank, int):
        values[raw == blank] = np.nan
    factor, offset = header.number(scale), header.number(zero)
    if factor is not None and factor != 1.0:
        values *= factor
    if offset is not None and offset != 0.0:
        values += offset
    return values


def _axes(header: Header) -> tuple[int, ...]:
    count = header.integer("NAXIS")
    if not 0 <= count <= _MAX_AXES:
        raise ReadError(f"the FITS header promises {count} axes")
    axes = tuple(header.integer(f"NAXIS{axis}") for axis in range(1, count + 1))
    if any(axis < 0 for axis in axes):
        raise ReadError("the FITS header promises an axis of negative length")
    return axes


def data_size(header: Header) -> int:
    """Return the number of data bytes that a header promises (FITS 4.0, equations 1 and 2)."""
    axes = _axes(header)
    if not axes:
        return 0
    bits = header.integer("BITPIX")
    if bits not in _IMAGE_TYPES:
        raise ReadError(f"BITPIX {bits} is not a FITS data type")
    if axes[0] == 0 and header.get("GROUPS") is True:
        raise ReadError("random-groups FITS files hold no spectra", Fault.UNKNOWN_FORMAT)
    elements = 1
    for axis in axes:
        elements *= axis
    extra, groups = header.integer("PCOUNT", 0), header.integer("GCOUNT", 1)
    if extra < 0 or groups < 1:
        raise ReadError("the FITS header has an illegal PCOUNT or GCOUNT")
    return abs(bits) // 8 * groups * (extra + elements)


def hdus(data: Bytes, limits: Limits = UNLIMITED) -> Iterator[Hdu]:
    """Walk through the HDUs of a file.

    Raises
    ------
    ReadError
        When the bytes are no FITS file, or a header promises more data than follows.
    """
    if bytes(data[:6]) != b"SIMPLE":
        raise ReadError("it is not a FITS file (it does not begin with SIMPLE)", Fault.UNKNOWN_FORMAT)
    view = memoryview(data)
    offset = 0
    for index in range(_MAX_HDUS):
        header, start = read_header(view, offset)
        size = data_size(header)
        if start + size > len(view):
            held = max(len(view) - start, 0)
            raise ReadError(
                f"HDU {index} promises {size:,} bytes of data, the file holds {held:,}: it is cut short",
                Fault.TRUNCATED,
            )
        yield Hdu(index, header, view[start : start + size], limits)
        offset = start + (size + BLOCK - 1) // BLOCK * BLOCK
        if bytes(view[offset : offset + 8]) != b"XTENSION":
            return  # the end, or the special records that FITS 4.0 3.5 allows behind it


class FitsFile:
    """A whole FITS file.

    Parameters
    ----------
    found
        Its HDUs (`hdus` finds them).
    """

    def __init__(self, found: Iterable[Hdu]) -> None:
        self.hdus = list(found)

    @property
    def primary(self) -> Hdu:
        """The first HDU."""
        return self.hdus[0]

    def named(self, name: str) -> Hdu | None:
        """Return the first HDU with this EXTNAME (in capitals), or None."""
        return next((hdu for hdu in self.hdus if hdu.name == name), None)

    def tables(self) -> Iterator[Hdu]:
        """Walk through the binary tables."""
        return (hdu for hdu in self.hdus if hdu.is_table and len(hdu.data) > 0)
