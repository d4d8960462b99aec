"""FITS ASCII tables (XTENSION = 'TABLE'; FITS 4.0, 7.2): columns of text at fixed places of each row."""

from __future__ import annotations

import re
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from spectra.reading.fits_file.columns import Cells, Column
from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray

_TFORM = re.compile(r"([AIFED])(\d+)(?:\.(\d+))?")
_LETTERS = {"A": "A", "I": "K", "F": "D", "E": "D", "D": "D"}
_MAX_FIELDS = 999


class AsciiTable(Hdu):
    """A table whose cells are text, with the columns of a binary table."""

    @property
    def is_table(self) -> bool:
        """Whether this is a table: always."""
        return True

    @cached_property
    def columns(self) -> dict[str, Column]:
        """Columns by name in capitals; `repeat` is the width of a cell where it is text, else 1.

        Raises
        ------
        ReadError
            When a TFORM or TBCOL is illegal, or a column lies outside the row.
        """
        header, found = self.header, dict[str, Column]()
        for number in range(1, min(header.integer("TFIELDS", 0), _MAX_FIELDS) + 1):
            match = _TFORM.match(header.text(f"TFORM{number}").upper())
            start = header.integer(f"TBCOL{number}", 0) - 1
            if match is None or start < 0:
                raise ReadError(
                    f"column {number} of the table in HDU {self.index} has no legal TFORM and TBCOL"
                )
            if start + int(match[2]) > header.integer("NAXIS1"):
                raise ReadError(f"the columns of the table in HDU {self.index} are wider than its rows")
            name = header.text(f"TTYPE{number}").upper() or f"COLUMN{number}"
            letter = _LETTERS[match[1]]
            repeat = int(match[2]) if letter == "A" else 1
            found.setdefault(name, Column(number, name, letter, repeat, start))
        return found

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return a column.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        ndarray
            Shape (rows,): numbers as float64 with NaN for no value, text as bytes.
        """
        column = self.columns[name]
        text = self._text(column)
        return text if column.letter == "A" else self._numbers(column, text)

    def cells(self, name: str) -> Cells:
        """Return the one spectrum that the rows are."""
        return Cells(self.column(name).reshape(1, -1))

    def integers(self, name: str) -> npt.NDArray[np.int64]:
        """Return a column of whole numbers without rounding.

        Parameters
        ----------
        name : str
            Its name.

        Returns
        -------
        ndarray
            Shape (rows,), int64; 0 for no value.
        """
        return np.array([int(cell or 0) for cell in self._text(self.columns[name])], dtype=np.int64)

    def _text(self, column: Column) -> npt.NDArray[np.bytes_]:
        match = _TFORM.match(self.header.text(f"TFORM{column.number}").upper())
        width, rows = int(match[2]) if match else 1, self.rows
        self._limits.check(rows)
        layout = {
            "names": ["v"], "formats": [f"S{width}"], "offsets": [column.offset],
            "itemsize": self.header.integer("NAXIS1"),
        }  # fmt: skip
        cells = np.frombuffer(self.data, np.dtype(layout), count=rows)["v"]  # type: ignore[call-overload]
        return np.char.strip(cells)

    def _numbers(self, column: Column, text: npt.NDArray[np.bytes_]) -> FloatArray:
        number, header = column.number, self.header
        null = header.text(f"TNULL{number}").encode("latin-1")
        missing = (text == b"") | ((text == null) if null else False)
        plain = np.char.replace(np.char.upper(text), b"D", b"E")
        try:
            values = np.where(missing, b"nan", plain).astype(np.float64)
        except ValueError as error:
            raise ReadError(
                f"column {column.name} of HDU {self.index} is no number everywhere ({error})"
            ) from error
        scale, zero = header.number(f"TSCAL{number}"), header.number(f"TZERO{number}")
        return values * (1.0 if scale is None else scale) + (0.0 if zero is None else zero)
