"""VOTable: spectra as tables, one row per pixel or one row per spectrum (arrays in cells).

The spectral and the flux column are found by utype (Spectrum Data Model 1.1), then by name, then the axis by
UCD (``em.wl``, ``em.freq``, ``em.energy``). A missing unit is looked for in the parameters that the data
model has for it, then in names and descriptions (`units.meaning`).
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import FLUX, best_axis, first_of, shown_names
from spectra.reading.content import Content
from spectra.reading.objects.target import Target, other_systems
from spectra.reading.planes.errors import ErrorColumn, Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.planes.words import may_be_flux
from spectra.reading.read_error import ReadError
from spectra.reading.tables.xml import safe_xml
from spectra.reading.units.meaning import AxisMeaning, Said, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import BoolArray, FloatArray, Spectrum, SpectrumMeta

_TEXT = {"char", "unicodeChar"}
_FLAGS = {"boolean", "bit"}
_ABOUT = ("stat.", "background", "instr.", "meta.")
_AXIS_UCDS = ("em.wl", "em.freq", "em.energy", "em.wavenumber", "spect.doppler")


def read_votable(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read every spectrum of every table.

    Raises
    ------
    ReadError
        When the document is broken or no table has a spectral and a flux column.
    """
    document = _parsed(content)
    tables, others = _tables(document), other_systems(document)
    found = [(table, axis, flux) for table in tables if (axis := _axis(table)) and (flux := _flux(table))]
    if not found:
        raise ReadError(
            f"none of its tables has a spectral column and a flux column ({_columns(tables)})",
            Fault.NO_SPECTRUM,
        )
    for index, (table, axis, flux) in enumerate(found):
        try:
            yield from _spectra(content, table, axis, flux, index if len(found) > 1 else None, others=others)
        except ReadError as error:
            if len(found) == 1:
                raise
            yield error.within(f"table {index}")


def _columns(tables: list[Any]) -> str:
    """Name the columns of all tables, the first few."""
    names = [str(field.name or field.ID)[:24] for table in tables for field in table.fields]
    return f"its columns: {shown_names(names)}" if names else "it has no table with columns"


def parsed_tables(content: Content) -> list[Any]:
    """Return astropy's tables of a VOTable, each with the parameters of its resources among its own.

    Raises
    ------
    ReadError
        When the document is broken, or holds what is never parsed.
    """
    return _tables(_parsed(content))


def _tables(document: Any) -> list[Any]:
    found: list[Any] = []
    waiting: list[tuple[Any, list[Any]]] = [(resource, []) for resource in reversed(document.resources)]
    while waiting:
        resource, outer = waiting.pop()
        parameters = [*resource.params, *outer]
        for table in resource.tables:
            table.params.extend(parameters)
            table.groups.extend(resource.groups)
            found.append(table)
        waiting += [(inner, parameters) for inner in reversed(resource.resources)]
    return found


def _parsed(content: Content) -> Any:
    from astropy.io import votable  # noqa: PLC0415 - heavy, and most readings never need it

    text = safe_xml(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the standard's finer points; what matters is checked below
        try:
            return votable.parse(io.BytesIO(text), verify="ignore")
        except Exception as error:
            raise ReadError(f"its VOTable is broken ({' '.join(str(error).split())[:200]})") from error


def _axis(table: Any) -> Any:
    fields = [field for field in table.fields if field.datatype not in {"char", "unicodeChar", "boolean"}]
    for field in fields:
        if (field.utype or "").lower().endswith(("spectralaxis.value", "spectralcoord")):
            return field
    by_name = best_axis([field.name or "" for field in fields])
    by_ucd = (
        field for field in fields if (field.ucd or "").lower().startswith(_AXIS_UCDS) and _is_value(field)
    )
    return next((field for field in fields if field.name == by_name), None) or next(by_ucd, None)


def _flux(table: Any) -> Any:
    fields = [field for field in table.fields if field.datatype not in {"char", "unicodeChar", "boolean"}]
    for field in fields:
        if (field.utype or "").lower().endswith(("fluxaxis.value", "data.flux.value")):
            return field
    by_name = first_of([field.name or "" for field in fields], FLUX)
    by_ucd = (
        field
        for field in fields
        if (field.ucd or "").lower().startswith(("phot.flux", "phot.fludens"))
        and _is_value(field)
        and may_be_flux(field.name or "")
    )
    return next((field for field in fields if field.name == by_name), None) or next(by_ucd, None)


def _is_value(field: Any) -> bool:
    """Whether the UCD of a field is that of the quantity itself: no limit, error or background of it."""
    return not any(word in (field.ucd or "").lower() for word in _ABOUT)


def _spectra(
    content: Content, table: Any, axis: Any, flux: Any, number: int | None, *, others: set[str]
) -> Iterator[Spectrum | ReadError]:
    values, fluxes = _numbers(table.array[axis.ID]), _numbers(table.array[flux.ID])
    errors, mask, place_of_mask = _beside(table, flux, array=bool(values) and np.ndim(values[0]) > 0)
    rows = list(zip(values, fluxes, strict=True)) if values and np.ndim(values[0]) else [(values, fluxes)]
    target = Target(table, len(rows), others)
    for row, (one, other) in enumerate(rows):
        place = row if len(rows) > 1 else None
        stem = ":".join([content.stem, *(str(part) for part in (number, place) if part is not None)])
        meta = target.told(SpectrumMeta(stem, source=content.source(number, place)), row)
        try:
            wavelength, fluxed = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
            wavelength, meaning, named = _chosen(table, axis, flux, row, wavelength)
            known = meaning.provenance(f"column {named}", mask=place_of_mask)
            ivar, meta, traced = weighed(errors, row, fluxed.shape, meta, known)
            bad = mask[row] if mask is not None and row < len(mask) else None
            if bad is not None and bad.shape != fluxed.shape:
                bad = None
            values_of_axis = Axis(wavelength, meaning.unit, meaning.frame)
            yield assemble(values_of_axis, fluxed, meta, ivar=ivar, flags=bad, provenance=traced)
        except ReadError as error:
            yield error.within(f"table {number or 0}, row {row}")


def _chosen(
    table: Any, axis: Any, flux: Any, row: int, wavelength: FloatArray
) -> tuple[FloatArray, AxisMeaning, str]:
    """Return the wavelengths of a row, their meaning, and the name of the field that they were taken from.

    A field whose utype says that it is the axis is the only one.
    """
    first = axis.name or axis.ID
    fields = {field.name or field.ID: field for field in table.fields if field.datatype not in _TEXT}
    names = [first] if axis.utype else [name for name, field in fields.items() if field is not flux]

    def values(name: str) -> FloatArray | None:
        if name == first:
            return wavelength
        cells = _numbers(table.array[fields[name].ID])
        return np.asarray(cells[row] if np.ndim(cells[0]) else cells, dtype=np.float64)

    name, meaning, named = chosen_axis(
        first, names, values, lambda name, one: _meaning(table, fields.get(name, axis), one)
    )
    numbers = values(name)
    return wavelength if numbers is None else numbers, meaning, named


def _beside(
    table: Any, flux: Any, *, array: bool
) -> tuple[Errors | None, list[BoolArray] | None, str | None]:
    """Return the errors and masks of the spectra of a table, and where the masks come from."""
    fields = {field.name or "": field for field in table.fields if field.datatype not in _TEXT}
    numeric = [name for name, field in fields.items() if field.datatype not in _FLAGS]
    found = error_column(numeric, flux.name or "")
    if found is None:
        said = [name for name in numeric if _says_error(fields[name])]
        found = ErrorColumn(said[0], "sigma") if said else None
    errors = None
    if found is not None:
        cells = _numbers(table.array[fields[found.name].ID])
        rows = [np.asarray(cell, dtype=np.float64) for cell in (cells if array else [cells])]
        errors = Errors(found.source, rows)
    name = mask_column(fields, flux.name or "")
    if name is None:
        return errors, None, None
    cells = _numbers(table.array[fields[name].ID])
    flags = [bad_of(np.asarray(cell, dtype=np.float64), name) for cell in (cells if array else [cells])]
    return errors, flags, f"column {name}"


def _says_error(field: Any) -> bool:
    utype, ucd = (field.utype or "").lower(), (field.ucd or "").lower()
    return utype.endswith("fluxaxis.accuracy.staterror") or ucd.startswith("stat.error;phot.flux")


def _numbers(column: Any) -> list[FloatArray | float]:
    """Return the cells, with NaN where a cell (or a value in it) is null."""
    if column.dtype.kind == "O":
        return [np.ma.filled(np.ma.asarray(cell, dtype=np.float64), np.nan) for cell in column]
    return list(np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan))


def _meaning(table: Any, axis: Any, values: FloatArray) -> AxisMeaning:
    units = [Said("" if axis.unit is None else str(axis.unit), f"the unit of {axis.name or axis.ID!r}")]
    units += [
        Said(_parameter(table, ending), f"the parameter {ending}")
        for ending in ("spectralaxis.unit", "spectralsi")
    ]
    comments = [str(text) for text in (axis.description, table.description) if text]
    comments += [f"{parameter.name} = {parameter.value}" for parameter in table.params]
    return axis_meaning(axis.name or "", units=units, ucd=axis.ucd or "", comments=comments, values=values)


def _parameter(table: Any, ending: str) -> str:
    """Return the value of the first parameter (also within groups) whose utype ends so, or ""."""
    waiting = [*table.params, *table.groups][::-1]
    while waiting:
        item = waiting.pop()
        if hasattr(item, "entries"):
            waiting += reversed(item.entries)
        elif (getattr(item, "utype", None) or "").lower().endswith(ending) and getattr(
            item, "value", None
        ) is not None:
            return str(item.value)
    return ""
