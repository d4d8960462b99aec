"""What stands beside the fluxes of an .npz archive: errors, flags, units, remarks, and the objects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from spectra.reading.objects.columns import FactColumns
from spectra.reading.planes.errors import Errors, error_column
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.tables.npz.members import Members
from spectra.reading.units.frames import frame_of_keyword
from spectra.reading.units.meaning import Said
from spectra.spectrum import BoolArray, FloatArray

_LONGEST_NAME = 400


class RowBeside(NamedTuple):
    """The errors, the flags of one row, and where the flags come from."""

    errors: Errors | None
    flags: BoolArray | None
    mask: str | None


class Beside:
    """The errors and flags of the rows of a matrix, streamed beside it.

    Parameters
    ----------
    members
        Of the archive.
    flux
        Name of the matrix.
    shape
        Its shape; arrays of another belong to something else.
    """

    def __init__(self, members: Members, flux: str, shape: tuple[int, ...]) -> None:
        def lines(name: str | None) -> Iterator[FloatArray] | None:
            return None if name is None or members.header(name).shape != shape else members.rows(name)

        self.errors = error_column(members.names, flux)
        self.mask = mask_column(members.names, flux)
        self._errors = lines(self.errors.name if self.errors else None)
        self._flags = lines(self.mask)
        self._lines = lines
        self._said: bool | None = None

    def following(self) -> RowBeside:
        """Return the errors and the flags of the next row."""
        errors = flags = place = None
        if self.errors is not None and self._errors is not None:
            errors = Errors(self.errors.source, [next(self._errors)], self._say_something)
        if self.mask is not None and self._flags is not None:
            flags, place = bad_of(next(self._flags), self.mask), f"array {self.mask}"
        return RowBeside(errors, flags, place)

    def _say_something(self) -> bool:
        """Whether any row has a positive error; looked for once, mostly in the first row."""
        if self._said is None:
            again = self._lines(self.errors.name if self.errors else None)
            self._said = again is not None and any((one > 0.0).any() for one in again)
        return self._said


class Facts(NamedTuple):
    """Label, group, name and position of each row, where arrays of text or numbers give them."""

    columns: FactColumns
    arrays: dict[str, npt.NDArray[Any]]

    def cell(self, name: str, row: int) -> object:
        """Return the value of a row in an array, or None where there is none."""
        values = self.arrays.get(name)
        if values is None:
            return None
        if values.dtype.kind in "iu" and name == self.columns.group:
            return int(values[row])
        return str(values[row]).strip()[:_LONGEST_NAME] if values.dtype.kind == "U" else float(values[row])


def facts_of(members: Members, rows: int) -> Facts:
    """Return what arrays with one value for each row (or one for all) tell of the objects.

    Parameters
    ----------
    members
        Of the archive.
    rows
        Number of spectra.
    """
    columns = FactColumns.of(members.names)
    found = {}
    for name in columns.names:
        header = members.header(name)
        numbers = {columns.ra, columns.dec, columns.time}
        numeric = "fiu" if name in numbers else "iu" if name == columns.group else ""
        if header.shape in {(rows,), ()} and header.dtype.kind in f"US{numeric}":
            values = np.broadcast_to(members.whole(name), (rows,))
            found[name] = values if header.dtype.kind in numeric else values.astype(str)
    return Facts(columns, found)


def stated_units(members: Members, axis: str) -> list[Said]:
    """Return the units that arrays of one text state: ``unit``, or ``wave_unit`` beside ``wave``."""
    names = (f"{axis}_unit", f"{axis}_units", "wavelength_unit", "wave_unit", "unit", "units")
    there = [name for name in names if name in members.names and members.header(name).dtype.kind in "US"]
    texts = ((name, members.text(name, _LONGEST_NAME)) for name in there)
    return [Said(text, f"array {name}") for name, text in texts if text is not None]


def remarks(members: Members) -> list[str]:
    """Return "name = value" of arrays of one text or logical: a frame may be stated so."""
    texts = ((name, members.text(name, _LONGEST_NAME)) for name in members.names)
    return [f"{name} = {text}" for name, text in texts if text is not None and frame_of_keyword(name, text)]
