"""What columns beside spectra say of their objects: class, object, name and position on the sky."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from spectra.observation.moment import Moment, julian_date
from spectra.reading.column_names import GROUP, INSTRUMENT, LABEL, NAME, TIMES, first_of
from spectra.spectrum import SpectrumMeta

_POSITIONS = (
    ("ra", "dec"), ("ra", "de"), ("ra_deg", "dec_deg"), ("radeg", "decdeg"), ("radeg", "dedeg"),
    ("ra_icrs", "dec_icrs"), ("ra_icrs", "de_icrs"), ("raj2000", "decj2000"), ("raj2000", "dej2000"),
    ("_raj2000", "_dej2000"), ("ra_j2000", "dec_j2000"), ("alpha_j2000", "delta_j2000"),
    ("right_ascension", "declination"), ("rightascension", "declination"), ("s_ra", "s_dec"),
    ("target_ra", "target_dec"), ("obj_ra", "obj_dec"), ("ra_obj", "dec_obj"), ("plug_ra", "plug_dec"),
    ("racat", "deccat"), ("fiber_ra", "fiber_dec"), ("ra_targ", "dec_targ"), ("ramean", "decmean"),
)  # fmt: skip
"""Names of right ascension and declination for J2000 or ICRS, the likelier first."""
_SEXAGESIMAL = re.compile(
    r"([+-]?)\s*(\d{1,3})\s*[:\sdh°]\s*(\d{1,2})\s*[:\sm'′]\s*(\d{1,2}(?:\.\d*)?)\s*[s\"″]?"
)
_HOURS = {"h", "hr", "hrs", "hms", "hourangle", "hour", "hours"}
_DEGREES = {"", "deg", "degree", "degrees", "degr", "d", "dms", "none"}
_BRACKET = re.compile(r"[(\[]\s*(.+?)\s*[)\]]\s*$")


@dataclass(frozen=True, slots=True)
class FactColumns:
    """The columns of a table that tell of its objects; None where there is none.

    Parameters
    ----------
    label, group, name
        Of class, object and name.
    ra, dec
        Of the position; both or none.
    instrument
        Of instrument, survey or telescope.
    time
        Of the time of observation; its name says the system.
    """

    label: str | None = None
    group: str | None = None
    name: str | None = None
    ra: str | None = None
    dec: str | None = None
    instrument: str | None = None
    time: str | None = None

    @classmethod
    def of(cls, names: Iterable[str]) -> FactColumns:
        """Find them among the names of columns."""
        columns = list(names)
        wanted = (LABEL, GROUP, NAME, INSTRUMENT, tuple(TIMES))
        label, group, name, by, time = (first_of(columns, words) for words in wanted)
        for first, second in _POSITIONS:
            ra, dec = first_of(columns, (first,)), first_of(columns, (second,))
            if ra is not None and dec is not None:
                return cls(label, group, name, ra, dec, by, time)
        return cls(label, group, name, instrument=by, time=time)

    @property
    def names(self) -> list[str]:
        """Those that are there."""
        found = (self.label, self.group, self.name, self.ra, self.dec, self.instrument, self.time)
        return [column for column in found if column is not None]

    def told(
        self, meta: SpectrumMeta, cell: Callable[[str], object], unit: Callable[[str], str] | None = None
    ) -> SpectrumMeta:
        """Return what is known of a spectrum with what its row says; an empty cell says nothing.

        Parameters
        ----------
        meta
            What is known without the row.
        cell
            Gives the value in a column.
        unit
            Gives the unit of a column, "" where none is stated.
        """
        label, name = (None if column is None else word(cell(column)) for column in (self.label, self.name))
        group = None if self.group is None else identifier(cell(self.group))
        found: dict[str, Any] = {"label": label, "group": group, "name": name}
        if self.ra is not None and self.dec is not None:
            units = ["" if unit is None else unit(column) for column in (self.ra, self.dec)]
            units = [
                said or _bracket(column) for said, column in zip(units, (self.ra, self.dec), strict=True)
            ]
            found |= dict(zip(("ra", "dec"), position(cell(self.ra), cell(self.dec), *units), strict=True))
        if self.instrument is not None and (by := word(cell(self.instrument))) is not None:
            found["extra"] = {**meta.extra, "instrument": by}
        if self.time is not None:
            found["moment"] = moment(self.time, cell(self.time))
        return replace(meta, **{key: value for key, value in found.items() if value is not None})


def moment(column: str, value: object) -> Moment | None:
    """Return the time of observation in a column.

    Parameters
    ----------
    column : str
        Its name, one of `TIMES` in any case, perhaps with a unit in brackets.
    value : object
        A number, or the text of one.

    Returns
    -------
    Moment or None
        None where it holds no date, or a day without a time.
    """
    plain = re.sub(r"\s*[(\[].*$", "", column.strip().lower())
    if plain not in TIMES:
        return None
    system, kind = TIMES[plain]
    try:
        number = float(np.ma.filled(np.ma.asarray(value, dtype=np.float64), np.nan))
    except (TypeError, ValueError):
        return None
    date = julian_date(number, kind)
    return None if date is None or number == int(number) else Moment(date, system, f"column {column}")


def word(value: object) -> str | None:
    """Return a text without blanks around it, or None where it is empty or no text."""
    if isinstance(value, bytes):
        value = value.decode("latin-1")
    return value.strip("\x00 \t") or None if isinstance(value, str) else None


def identifier(value: object) -> str | None:
    """Return a text, or a positive whole number, that names an object; None where it is neither."""
    if isinstance(value, (int, np.integer)) and not isinstance(value, bool):
        return str(int(value)) if value > 0 else None
    return word(value)


def position(
    ra: object, dec: object, ra_unit: str = "", dec_unit: str = ""
) -> tuple[float | None, float | None]:
    """Return a position in degrees; (None, None) unless both are there and possible.

    Parameters
    ----------
    ra, dec
        Numbers, or texts of numbers, or sexagesimal texts (right ascension in hours).
    ra_unit, dec_unit
        Their units, "" for degrees.

    Returns
    -------
    tuple
        Right ascension, 0 to 360, and declination.
    """
    first, second = _degrees(ra, ra_unit, hours=True), _degrees(dec, dec_unit, hours=False)
    if first is None or second is None or not (-180.0 <= first <= 360.0 and -90.0 <= second <= 90.0):
        return None, None
    return first + 360.0 if first < 0.0 else first, second


def _degrees(value: object, unit: str, *, hours: bool) -> float | None:
    number, text = None, word(value)
    if text is not None and (match := _SEXAGESIMAL.fullmatch(text)):
        number = int(match[2]) + int(match[3]) / 60 + float(match[4]) / 3600
        return (-number if match[1] == "-" else number) * (15 if hours else 1)
    try:
        number = float(np.ma.filled(np.ma.asarray(value, dtype=np.float64), np.nan) if text is None else text)
    except (TypeError, ValueError):
        return None
    plain = unit.strip().lower()
    if plain.startswith("rad"):
        number = math.degrees(number)
    elif plain in _HOURS and hours:
        number *= 15.0
    elif plain not in _DEGREES:
        return None
    return number if math.isfinite(number) else None


def _bracket(name: str) -> str:
    found = _BRACKET.search(name)
    return found[1] if found else ""
