"""One HDU of a FITS file: its header, its image, its table (FITS 4.0, 4.4.1, 5, 7.3)."""

from __future__ import annotations

import math
import mmap
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.fault import Fault
from spectra.reading.fits_file.columns import (
    COLUMN_TYPES,
    Cells,
    Column,
    parse_columns,
    scaled,
    scaling,
    variable_arrays,
)
from spectra.reading.fits_file.header import Header
from spectra.reading.limits import UNLIMITED, Limits
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

Bytes = bytes | memoryview | mmap.mmap
IMAGE_TYPES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_MAX_AXES = 999


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
    fault
        Why its data cannot be had, where it is cut short; it then counts as neither image nor table.
    """

    def __init__(
        self,
        index: int,
        header: Header,
        data: Bytes,
        limits: Limits = UNLIMITED,
        fault: ReadError | None = None,
    ) -> None:
        self.index = index
        self.header = header
        self.data = data
        self.fault = fault
        self._limits = limits

    @cached_property
    def name(self) -> str:
        """EXTNAME in capitals, or ""."""
        return self.header.text("EXTNAME").upper()

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of an image in NumPy's order; () for a table or where there is none."""
        return () if self.is_table else axes(self.header)[::-1]

    @property
    def is_table(self) -> bool:
        """Whether this is a binary table."""
        return self.header.text("XTENSION") == "BINTABLE"

    @property
    def is_image(self) -> bool:
        """Whether this holds an uncompressed image with pixels."""
        return len(self.data) > 0 and self.header.text("XTENSION") in {"", "IMAGE"}

    def image(self) -> FloatArray:
        """Return the image with ``BSCALE``, ``BZERO`` and ``BLANK`` applied.

        Returns
        -------
        ndarray
            In the shape of the image, float64; NaN for no value.
        """
        return scaled(self._pixels(), *scaling(self.header, "BSCALE", "BZERO", "BLANK"))

    def lines(self, axis: int = 1) -> Cells:
        """Return the lines of the image along an axis (from 1), each made when it is asked for."""
        pixels = np.moveaxis(self._pixels(axis), -axis, -1)
        lines = pixels.reshape(-1, pixels.shape[-1])
        return Cells(lines, *scaling(self.header, "BSCALE", "BZERO", "BLANK"))

    def shape_across(self, axis: int = 1) -> tuple[int, ...]:
        """Return the shape of the image without an axis (from 1), in NumPy's order."""
        place = len(self.shape) - axis
        return self.shape[:place] + self.shape[place + 1 :]

    def _pixels(self, axis: int = 1) -> npt.NDArray[Any]:
        self._limits.check(self.shape[-axis], math.prod(self.shape_across(axis)))
        return np.frombuffer(self.data, IMAGE_TYPES[self.header.integer("BITPIX")]).reshape(self.shape)

    @property
    def rows(self) -> int:
        """Number of rows of a table."""
        return self.header.integer("NAXIS2")

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Columns of a binary table by name in capitals (the first of equal names)."""
        return parse_columns(self.header, self.index)

    def unit(self, name: str) -> str:
        """Return TUNIT of a column, or ""."""
        return self.header.text(f"TUNIT{self.columns[name].number}")

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column, scaled.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        ndarray
            Shape (rows,) or (rows, repeat): numbers as float64, text as bytes.

        Raises
        ------
        ReadError
            If its arrays are of variable length and differ in it.
        """
        column = self.columns[name]
        if column.letter in "PQ":
            arrays = self.cells(name)
            if len({len(arrays.stored(row)) for row in range(len(arrays))}) > 1:
                raise ReadError(
                    f"the arrays in column {column.name} of HDU {self.index} differ in length", Fault.BAD_AXIS
                )
            return np.array(list(arrays))
        raw = self._raw(column)
        return raw if column.letter in "ALXCM" else scaled(raw, *self._scaling(column))

    def cells(self, name: str) -> Cells:
        """Return the spectra in a column: one per row where a cell is an array, one of all rows else."""
        column = self.columns[name]
        raw = self._raw(column)
        if column.letter in "PQ":
            return Cells(self._variable(column, raw.reshape(self.rows, -1)), *self._scaling(column))
        return Cells(raw.reshape(1, -1) if raw.ndim == 1 else raw, *self._scaling(column))

    def _scaling(self, column: Column) -> tuple[float, float, int | None]:
        number = column.number
        return scaling(self.header, f"TSCAL{number}", f"TZERO{number}", f"TNULL{number}")

    def integers(self, name: str) -> npt.NDArray[np.int64]:
        """Return a column of whole numbers without rounding: identifiers of 64 bits do not fit a float.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        ndarray
            Shape (rows,) or (rows, repeat), int64.
        """
        return self._raw(self.columns[name]).astype(np.int64)

    def _raw(self, column: Column) -> npt.NDArray[Any]:
        kind = COLUMN_TYPES[column.letter][0]
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

    def _variable(self, column: Column, descriptors: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
        place = f"column {column.name} of HDU {self.index}"
        if not column.is_numeric:
            raise ReadError(f"{place} holds arrays that are not numbers")
        heap = self.header.integer("THEAP", self.header.integer("NAXIS1") * self.rows)
        self._limits.check(int(descriptors[:, 0].max(initial=0)), self.rows)
        return variable_arrays(descriptors, self.data, heap, column, place)


def axes(header: Header) -> tuple[int, ...]:
    """Return the lengths of the axes of a header in its order (NAXIS1, NAXIS2 …).

    Raises
    ------
    ReadError
        When one is absent or illegal.
    """
    count = header.integer("NAXIS")
    if not 0 <= count <= _MAX_AXES:
        raise ReadError(f"the FITS header promises {count} axes")
    axes = tuple(header.integer(f"NAXIS{axis}") for axis in range(1, count + 1))
    if any(axis < 0 for axis in axes):
        raise ReadError("the FITS header promises an axis of negative length")
    return axes
