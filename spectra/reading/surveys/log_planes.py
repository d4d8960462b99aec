"""An image of planes on one logarithmic grid: LAMOST, and SDSS before DR8."""

from __future__ import annotations

from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import numbers
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import Bytes
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.units.meaning import AxisMeaning, Rule
from spectra.spectrum import FloatArray

PIXEL_TYPES: dict[int, np.dtype[Any]] = {-32: np.dtype(">f4"), -64: np.dtype(">f8")}


class Planes:
    """An image of planes on one logarithmic vacuum grid: LAMOST, and SDSS before DR8.

    Parameters
    ----------
    header
        The primary header.
    start
        Where the image begins in the file.

    Raises
    ------
    ReadError
        When it is no such image.
    """

    __slots__ = ("_header", "count", "dtype", "n", "start")

    def __init__(self, header: Header, start: int) -> None:
        self.n, self.count = header.integer("NAXIS1"), header.integer("NAXIS2", 1)
        bits = header.integer("BITPIX")
        dtype = PIXEL_TYPES.get(bits)
        if dtype is None or self.n < 2 or self.count < 1:
            raise ReadError(
                f"its image ({self.count}×{self.n}, BITPIX {bits}) is no spectrum of LAMOST's or SDSS's form",
                Fault.NO_SPECTRUM,
            )
        self._header, self.start, self.dtype = header, start, dtype

    def checked(self, data: Bytes) -> Bytes:
        """Return the file's bytes.

        Raises
        ------
        ReadError
            When the header promises more than they hold.
        """
        size, held = self.count * self.n * self.dtype.itemsize, max(len(data) - self.start, 0)
        if size > held:
            raise ReadError(
                f"HDU 0 promises {size:,} bytes of data, the file holds {held:,}: it is cut short",
                Fault.TRUNCATED,
            )
        return data

    def row(self, data: Bytes, plane: int) -> FloatArray:
        """Return one plane of an image.

        Parameters
        ----------
        data : Bytes
            The bytes of the file.
        plane : int
            Number of the plane, from 0.

        Returns
        -------
        ndarray
            Shape (n,), float64.
        """
        offset = self.start + plane * self.n * self.dtype.itemsize
        return numbers(np.frombuffer(data, self.dtype, self.n, offset))

    def axis(self, model: Rule) -> tuple[FloatArray, AxisMeaning]:
        """Return the shared grid, Å in vacuum, shape (n,), and how its unit and frame are known.

        Parameters
        ----------
        model : Rule
            The data model of the survey.

        Returns
        -------
        FloatArray
            The grid.
        AxisMeaning
            Its unit and frame.

        Raises
        ------
        ReadError
            When the header lacks its coefficients, or states what they cannot be in.
        """
        first, step = self._header.number("COEFF0"), self._header.number("COEFF1")
        if first is None or step is None:
            first, step = self._header.number("CRVAL1"), self._header.number("CD1_1")
        if first is None or step is None:
            raise ReadError("its header lacks COEFF0 and COEFF1, the axis", Fault.NO_SPECTRUM)
        return stated_log_axis((self._header,), model, first, step, self.n)
