"""Text: CSV, ECSV, and plain columns of numbers, with names or without.

Columns are found by name (`column_names`); without names the first column is the wavelength and the second
the flux (the second and the third behind a counter of rows), and no other is guessed at. Unit and frame are
what names, lines of units and comments say (`units.meaning`). ECSV: astropy's APE 6.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import FLUX, best_axis, first_of, shown_names
from spectra.reading.content import Content
from spectra.reading.objects.columns import FactColumns, position
from spectra.reading.planes.errors import Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.planes.words import may_be_flux
from spectra.reading.read_error import ReadError
from spectra.reading.tables.dialect import text_table
from spectra.reading.tables.gaia import stated_sampling
from spectra.reading.tables.text_table import TextTable, is_missing
from spectra.reading.tables.utf_16 import utf_16_codec
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.reading.units.plausible import ADVICE, is_counter
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import FloatArray, Spectrum, SpectrumMeta

_MAX_BYTES = 512 * 1024**2
_SHOWN = 6
_FEW_LINES, _MANY_COLUMNS = 8, 24
"""A text of so few lines and so many columns has a line where others have a column."""
_OBJECTS = ("object", "target", "objname", "targname", "star")
_FACT = re.compile(rf"\s*({'|'.join((*_OBJECTS, 'ra', 'dec'))})\s*[:=]\s*([^/]{{1,80}}?)\s*(?:/.*)?$", re.I)
"""A line of comment that names the object or its position: "OBJECT = HD 1", "# RA: 12:30:49.4"."""
_GAIA = Rule("Gaia's sampling", unit="nm", frame="vacuum")
"""The archive's CSV of one source states no unit; its 343 or 2401 wavelengths are unmistakable."""


def read_text(content: Content) -> Iterator[Spectrum]:
    """Read one spectrum.

    Raises
    ------
    ReadError
        When the text holds no columns of numbers, or names none of them wavelength and flux.
    """
    layout = text_table(_decoded(content))
    content.limits.check(len(layout.lines))
    _check_columns(layout)
    axis, flux = _columns(layout)
    wanted = [axis, flux]
    called = layout.names[flux] if layout.names else ""
    errors, mask = error_column(layout.names, called), mask_column(layout.names, called)
    beside = (None if errors is None else errors.name, mask)
    wanted += [layout.names.index(name) for name in beside if name is not None]
    table = layout.columns(wanted, None if mask is None else layout.names.index(mask))
    if not layout.names and _counts_rows(layout, table):
        axis = 1
        table = layout.columns([1, 2])
    meaning, column = _axis(layout, axis, table)
    flags = None if mask is None else bad_of(table[:, -1], mask)
    known = meaning.provenance(column, mask=None if mask is None else f"column {mask}")
    meta = _meta(layout, SpectrumMeta(content.stem, source=content.source()))
    weights = None if errors is None else Errors(errors.source, [table[:, 2]])
    ivar, meta, known = weighed(weights, 0, table[:, 1].shape, meta, known)
    values = Axis(table[:, 0], meaning.unit, meaning.frame)
    yield assemble(values, table[:, 1], meta, ivar=ivar, flags=flags, provenance=known)


def _meta(layout: TextTable, meta: SpectrumMeta) -> SpectrumMeta:
    """Return what comments say of the object, and columns that are the same in the first and the last row."""
    said: dict[str, str] = {}
    for line in layout.comments:
        if match := _FACT.match(line):
            said.setdefault(match[1].lower(), match[2].strip(" '\""))
    star = next((said[key] for key in _OBJECTS if said.get(key)), None)
    ra, dec = position(said.get("ra"), said.get("dec"))
    facts = FactColumns.of(layout.names)
    ends = [layout.cells(line) for line in (layout.lines[0], layout.lines[-1])]

    def cell(column: str) -> str | None:
        place = layout.names.index(column)
        values = {row[place] if place < len(row) else "" for row in ends}
        value = values.pop()
        return None if values or is_missing(value) else value

    meta = replace(meta, group=star, ra=ra, dec=dec)
    return facts.told(meta, cell, lambda column: layout.units.get(column, ""))


def _decoded(content: Content) -> str:
    most = min(_MAX_BYTES, content.limits.text)
    if len(content.data) > most:
        raise ReadError(
            f"it is a text of {len(content.data):,} bytes; the most for one spectrum is {most:,}",
            Fault.TOO_LARGE,
        )
    data = bytes(content.data)
    content.limits.check_lines(data.count(b"\n"))  # before objects are made
    codec = utf_16_codec(data[:4096])
    if codec is not None:
        text = data.decode(codec, "replace").lstrip("\ufeff")
        if text.lstrip().startswith("<"):
            raise ReadError("its XML encoding is not UTF-8, ASCII or Latin-1", Fault.UNKNOWN_FORMAT)
        return text
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _check_columns(layout: TextTable) -> None:
    """Reject lines that are whole columns: wavelengths in the first, fluxes in the second."""
    width = len(layout.cells(layout.lines[0]))
    if not layout.names and len(layout.lines) <= _FEW_LINES and width > _MANY_COLUMNS:
        raise ReadError(
            f"the text has {len(layout.lines)} lines of {width:,} numbers: it needs a line for each pixel",
            Fault.NO_SPECTRUM,
        )


def _columns(layout: TextTable) -> tuple[int, int]:
    names = layout.names
    axis, flux = best_axis(names), first_of(names, FLUX)
    if axis and flux:
        return names.index(axis), names.index(flux)
    beside = [name for name in names if name != axis and may_be_flux(name)]
    if axis and beside and 2 <= len(names) <= 3:
        return names.index(axis), names.index(beside[0])
    if names or len(layout.cells(layout.lines[0] if layout.lines else "")) < 2:
        shown = shown_names(names, _SHOWN) if names else "one only"
        raise ReadError(
            f"the text has no columns of wavelength and flux (its columns: {shown}): {ADVICE}",
            Fault.NO_SPECTRUM,
        )
    return 0, 1


def _axis(layout: TextTable, axis: int, table: FloatArray) -> tuple[AxisMeaning, str]:
    """Return the meaning of the axis and its place; of several columns the values go into the table."""
    if not layout.names:
        return _meaning(layout, axis, table[:, 0]), f"column {axis + 1}"

    def values(name: str) -> FloatArray | None:
        place = layout.names.index(name)
        if place == axis:
            return table[:, 0]
        try:
            return layout.columns([place])[:, 0]
        except ReadError:
            return None  # no numbers

    name, meaning, named = chosen_axis(
        layout.names[axis],
        layout.names,
        values,
        lambda name, one: _meaning(layout, layout.names.index(name), one),
    )
    chosen = values(name)
    if name != layout.names[axis] and chosen is not None:
        table[:, 0] = chosen
    return meaning, f"column {named}"


def _counts_rows(layout: TextTable, table: FloatArray) -> bool:
    """Whether the first column counts the rows beside a column that ascends or descends throughout."""
    if len(layout.cells(layout.lines[0])) < 3 or not is_counter(table[:, 0]):
        return False
    steps = np.diff(table[:, 1])
    return bool((steps > 0.0).all() or (steps < 0.0).all())


def _meaning(layout: TextTable, column: int, values: FloatArray) -> AxisMeaning:
    name = layout.names[column] if layout.names else ""
    units = [Said(layout.units[name], f"the unit of {name!r}")] if name in layout.units else []
    rules = (_GAIA,) if stated_sampling(values) else ()
    return axis_meaning(name, units=units, comments=layout.comments, rules=rules, values=values)
