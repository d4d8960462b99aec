"""Tables that name the fibres of a plate: one row per row of an image (SDSS plug maps, 2dF's FIBRES …).

They tell that each row of the image is a spectrum, and of what. 2dfdr writes positions in radians.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from spectra.reading.fits_file.hdu import Hdu
from spectra.reading.fits_file.structure import FitsFile

_NAME = ("NAME", "OBJECT", "OBJNAME", "TARGET", "TARGNAME", "CNAME", "TARGETID", "SDSS_ID", "CATALOGID",
         "SOURCE_ID", "OBJID", "ID")  # fmt: skip
_NUMBER = ("FIBERID", "FIBREID", "FIBER", "FIBRE", "FIBER_ID", "FIBRE_ID", "SPECID", "PIVOT")
_RA = ("RA", "TARGET_RA", "FIBER_RA", "FIBRERA", "RACAT", "PLUG_RA", "RA_OBJ")
_DEC = ("DEC", "TARGET_DEC", "FIBER_DEC", "FIBREDEC", "DECCAT", "PLUG_DEC", "DEC_OBJ")
_KIND = ("OBJTYPE", "SOURCETYPE", "TARGTYPE", "TYPE", "TARGUSE")
_SKY = {"SKY", "S"}
_UNUSED = {"NA", "N", "U", "F", "UNUSED", "BROKEN", "PARKED", "FIDUCIAL", "GUIDE"}


@dataclass(frozen=True, slots=True)
class Fibre:
    """What a table says of one row of an image.

    Parameters
    ----------
    name
        Number or name of the fibre, for the spectrum's name; or None.
    group
        Name of the object, or None.
    ra, dec
        Degrees, or None.
    kind
        What the fibre was put on, as the table writes it ("SKY", "QSO" …), or "".
    unused
        Whether no object was observed with it: broken, parked, for guiding.
    """

    name: str | None = None
    group: str | None = None
    ra: float | None = None
    dec: float | None = None
    kind: str = ""
    unused: bool = False
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def is_sky(self) -> bool:
        """Whether it is on blank sky."""
        return self.kind.upper() in _SKY


class Fibres:
    """The fibres of an image.

    Parameters
    ----------
    table
        With one row per row of the image; its columns are read once.
    """

    def __init__(self, table: Hdu) -> None:
        self.table = table
        self._names = _words(table, _NAME)
        self._numbers = _words(table, _NUMBER)
        self._kinds = _words(table, _KIND)
        self._ra, self._dec = _degrees(table, _RA), _degrees(table, _DEC)

    def of(self, row: int) -> Fibre:
        """Return what is known of one row of the image."""
        kind = _at(self._kinds, row) or ""
        ra, dec = (None if values is None else float(values[row]) for values in (self._ra, self._dec))
        if ra is None or dec is None or not (0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0):
            ra = dec = None
        number = _at(self._numbers, row)
        group = None if kind.upper() in _SKY else _at(self._names, row)
        extra = {key: value for key, value in (("fibre", number), ("object_type", kind)) if value}
        return Fibre(number or group, group, ra, dec, kind, kind.upper() in _UNUSED, extra)


def fibres_of(file: FitsFile, rows: int) -> Fibres | None:
    """Return the table that names the rows of an image; None where there is none.

    Parameters
    ----------
    file
        The whole file.
    rows
        Of the image.
    """
    for table in file.tables():
        if rows > 1 and table.rows == rows:
            there = table.columns.keys()
            if (there & set(_RA) and there & set(_DEC)) or there & {*_NAME[:6], *_NUMBER}:
                return Fibres(table)
    return None


def _first(table: Hdu, names: tuple[str, ...]) -> str | None:
    return next((name for name in names if name in table.columns), None)


def _words(table: Hdu, names: tuple[str, ...]) -> list[str | None] | None:
    name = _first(table, names)
    if name is None:
        return None
    column = table.columns[name]
    if column.letter == "A":
        texts = (bytes(value).decode("latin-1").strip("\x00 ") for value in table.column(name))
        return [text or None for text in texts]
    if column.letter in "IJKB" and column.repeat == 1:
        return [str(value) if value > 0 else None for value in table.integers(name).tolist()]
    return None


def _degrees(table: Hdu, names: tuple[str, ...]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    name = _first(table, names)
    if name is None or table.columns[name].letter not in "ED" or table.columns[name].repeat != 1:
        return None
    values = table.column(name)
    in_radians = table.unit(name).lower().startswith("rad") or (
        table.name == "FIBRES" and not table.unit(name).lower().startswith("deg")
    )
    if not in_radians:
        return np.asarray(values)
    degrees = np.degrees(values)
    return np.asarray(degrees % 360.0 if name in _RA else degrees)


def _at(values: list[str | None] | None, row: int) -> str | None:
    return None if values is None or row >= len(values) else values[row]
