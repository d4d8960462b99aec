"""What a VOTable says of the target of a spectrum: name, class and position, in parameters or in columns.

Sources: the utypes of the Spectrum Data Model 1.1 and of SSA 1.1 (Target.Name, Target.Class, Target.Pos,
Char.SpatialAxis.Coverage.Location.Value), UCD1+ and UCD1 (``pos.eq.ra;meta.main``, ``POS_EQ_RA_MAIN``), and
names of parameters and columns. A position in a frame other than ICRS or FK5 of J2000 (COOSYS) is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spectra.reading.objects.columns import FactColumns, position, word
from spectra.spectrum import SpectrumMeta

_PAIRS = ("target.pos", "spatialaxis.coverage.location.value", "spatialaxis.coverage.position.value")
_NAMES = ("target.name",)
_CLASSES = ("target.class",)
_RA_UCDS = ("pos.eq.ra;meta.main", "pos_eq_ra_main", "pos.eq.ra", "pos_eq_ra")
_DEC_UCDS = ("pos.eq.dec;meta.main", "pos_eq_dec_main", "pos.eq.dec", "pos_eq_dec")
_NAME_UCDS = ("meta.id;src;meta.main", "meta.id;meta.main;src", "meta.id;src", "id_main")
_CLASS_UCDS = ("src.class", "class_object")
_OWN_NAMES = ("object", "target", "targname", "objname", "target_name")
_FRAMES = ("icrs", "eq_fk5", "fk5", "j2000")


class Target:
    """The target of the spectra of a table.

    Parameters
    ----------
    table
        astropy's, with the parameters of its RESOURCE among its own.
    rows
        Number of spectra: columns count where they have one cell for each, or one value in all cells.
    others
        Identifiers of the document's coordinate systems that are not equatorial for J2000.
    """

    def __init__(self, table: Any, rows: int, others: Collection[str] = ()) -> None:
        self._table, self._rows, self._others = table, rows, others
        self._parameters = [item for item in _walked(table) if getattr(item, "value", None) is not None]
        self._fields = list(table.fields)
        self._facts = FactColumns.of([field.name or "" for field in self._fields])

    def told(self, meta: SpectrumMeta, row: int) -> SpectrumMeta:
        """Return what is known of a spectrum with its target; what the row says goes first.

        Parameters
        ----------
        meta
            What is known without it.
        row
            Number of the spectrum.
        """
        by_name = {field.name or "": field for field in self._fields}
        found = self._facts.told(
            meta, lambda name: self._cell(by_name[name], row), lambda name: str(by_name[name].unit or "")
        )
        group = found.group or self._text(_NAMES, _NAME_UCDS, _OWN_NAMES, row)
        label = found.label or self._text(_CLASSES, _CLASS_UCDS, (), row)
        ra, dec = (found.ra, found.dec) if found.ra is not None else self._position(row)
        return replace(found, name=meta.name, group=group, label=label, ra=ra, dec=dec)

    def _items(self, row: int) -> Iterator[tuple[Any, Any]]:
        """Walk through columns and parameters with their values for a row."""
        for field in self._fields:
            yield field, self._cell(field, row)
        for parameter in self._parameters:
            yield parameter, parameter.value

    def _cell(self, field: Any, row: int) -> Any:
        column = self._table.array[field.ID]
        if len(column) == self._rows:
            return column[row]
        ends = [column[0], column[-1]] if len(column) else []
        return ends[0] if ends and np.array_equal(ends[0], ends[1]) else None

    def _text(
        self, utypes: tuple[str, ...], ucds: tuple[str, ...], names: tuple[str, ...], row: int
    ) -> str | None:
        items = list(self._items(row))
        ranked = [
            *(value for item, value in items if (item.utype or "").lower().endswith(utypes)),
            *(value for item, value in items if (item.ucd or "").lower() in ucds),
            *(value for item, value in items if (item.name or "").lower() in names),
        ]
        return next((text for value in ranked if (text := word(value))), None)

    def _position(self, row: int) -> tuple[float | None, float | None]:
        items = [(item, value) for item, value in self._items(row) if item.ref not in self._others]
        for item, value in items:
            if (item.utype or "").lower().endswith(_PAIRS):
                pair = _pair(value)
                unit = str(item.unit or "")
                if pair is not None and (found := position(*pair, unit, unit))[0] is not None:
                    return found
        first, second = _ranked(items, _RA_UCDS), _ranked(items, _DEC_UCDS)
        named = {item.name or "": item for item in self._parameters if item.ref not in self._others}
        facts = FactColumns.of(named)
        if (first is None or second is None) and facts.ra is not None and facts.dec is not None:
            first, second = ((named[name], named[name].value) for name in (facts.ra, facts.dec))
        if first is None or second is None:
            return None, None
        return position(first[1], second[1], str(first[0].unit or ""), str(second[0].unit or ""))


def _ranked(items: list[tuple[Any, Any]], ucds: tuple[str, ...]) -> tuple[Any, Any] | None:
    """Return the item of the first of some UCDs, with its value."""
    found = ((item, value) for ucd in ucds for item, value in items if (item.ucd or "").lower() == ucd)
    return next(found, None)


def _walked(table: Any) -> Iterator[Any]:
    """Walk through the parameters of a table, also within groups."""
    waiting = [*table.params, *table.groups][::-1]
    while waiting:
        item = waiting.pop()
        if hasattr(item, "entries"):
            waiting += reversed(item.entries)
        else:
            yield item


def other_systems(document: Any) -> set[str]:
    """Return the identifiers of the coordinate systems of a VOTable that are not ICRS, nor FK5 of J2000."""
    waiting: list[Any] = [document]
    found: set[str] = set()
    while waiting:
        element = waiting.pop()
        waiting += element.resources
        for system in element.coordinate_systems:
            equinox = str(system.equinox or "").lower().lstrip("j")
            if str(system.system or "").lower() not in _FRAMES or equinox not in {"", "2000", "2000.0"}:
                found.add(str(system.ID))
    return found


def _pair(value: Any) -> tuple[Any, Any] | None:
    """Return the two numbers of a value: an array, or a text of two words."""
    if isinstance(value, (str, bytes)):
        words = (word(value) or "").replace(",", " ").split()
        return (words[0], words[1]) if len(words) == 2 else None
    values = np.ravel(np.ma.asarray(value))
    return (values[0], values[1]) if values.size == 2 else None
