"""VOTable: spectra as tables, one row per pixel or one row per spectrum (arrays in cells).

The spectral and the flux column are found by utype (Spectrum Data Model 1.1), then by name, then the axis by
UCD (``em.wl``, ``em.freq``, ``em.energy``). A missing unit is looked for in the parameters that the data
model has for it, else it is Å. ``em.wl;obs.atmos`` is air, everything else is taken as vacuum.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import AXIS, FLUX, first_of
from spectra.reading.content import Content
from spectra.reading.grid import AIR, VACUUM
from spectra.reading.planes.errors import ErrorColumn, Errors, error_column, weighed
from spectra.reading.planes.masks import bad_of, mask_column
from spectra.reading.read_error import ReadError
from spectra.reading.tables.xml import safe_xml
from spectra.reading.units import ANGSTROM, SpectralUnit, required_unit, spectral_unit
from spectra.spectrum import BoolArray, FloatArray, Provenance, Spectrum, SpectrumMeta

_TEXT = {"char", "unicodeChar"}
_FLAGS = {"boolean", "bit"}
_AXIS_UCDS = ("em.wl", "em.freq", "em.energy", "em.wavenumber", "spect.doppler")


def read_votable(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read every spectrum of every table.

    Raises
    ------
    ReadError
        When the document is broken or no table has a spectral and a flux column.
    """
    tables = parsed_tables(content)
    found = [(table, axis, flux) for table in tables if (axis := _axis(table)) and (flux := _flux(table))]
    if not found:
        raise ReadError("none of its tables has a spectral column and a flux column", Fault.NO_SPECTRUM)
    for index, (table, axis, flux) in enumerate(found):
        yield from _spectra(content, table, axis, flux, index if len(found) > 1 else None)


def parsed_tables(content: Content) -> list[Any]:
    """Return astropy's tables of a VOTable.

    Raises
    ------
    ReadError
        When the document is broken, or holds what is never parsed.
    """
    from astropy.io import votable  # noqa: PLC0415 - heavy, and most readings never need it

    text = safe_xml(content)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the standard's finer points; what matters is checked below
        try:
            return list(votable.parse(io.BytesIO(text), verify="ignore").iter_tables())
        except Exception as error:
            raise ReadError(f"its VOTable is broken ({' '.join(str(error).split())[:200]})") from error


def _axis(table: Any) -> Any:
    fields = [field for field in table.fields if field.datatype not in {"char", "unicodeChar", "boolean"}]
    for field in fields:
        if (field.utype or "").lower().endswith(("spectralaxis.value", "spectralcoord")):
            return field
    by_name = first_of([field.name or "" for field in fields], AXIS)
    by_ucd = (field for field in fields if (field.ucd or "").lower().startswith(_AXIS_UCDS))
    return next((field for field in fields if field.name == by_name), None) or next(by_ucd, None)


def _flux(table: Any) -> Any:
    fields = [field for field in table.fields if field.datatype not in {"char", "unicodeChar", "boolean"}]
    for field in fields:
        if (field.utype or "").lower().endswith(("fluxaxis.value", "data.flux.value")):
            return field
    by_name = first_of([field.name or "" for field in fields], FLUX)
    by_ucd = (
        field for field in fields if (field.ucd or "").lower().startswith(("phot.flux", "phot.fluDens"))
    )
    return next((field for field in fields if field.name == by_name), None) or next(by_ucd, None)


def _spectra(
    content: Content, table: Any, axis: Any, flux: Any, number: int | None
) -> Iterator[Spectrum | ReadError]:
    unit = _unit(table, axis)
    frame = AIR if "obs.atmos" in (axis.ucd or "").lower() else VACUUM
    values, fluxes = _numbers(table.array[axis.ID]), _numbers(table.array[flux.ID])
    errors, mask, known = _beside(table, flux, array=bool(values) and np.ndim(values[0]) > 0)
    rows = list(zip(values, fluxes, strict=True)) if values and np.ndim(values[0]) else [(values, fluxes)]
    target = _parameter(table, "target.name")
    for row, (one, other) in enumerate(rows):
        place = row if len(rows) > 1 else None
        stem = ":".join([content.stem, *(str(part) for part in (number, place) if part is not None)])
        meta = SpectrumMeta(
            stem, group=target or None, unit=unit.name, frame=frame, source=content.source(number, place),
            extra={} if frame == AIR else {"frame_assumed": True},
        )  # fmt: skip
        try:
            wavelength, fluxed = np.asarray(one, dtype=np.float64), np.asarray(other, dtype=np.float64)
            ivar, meta, traced = weighed(errors, row, fluxed.shape, meta, known)
            bad = mask[row] if mask is not None and row < len(mask) else None
            if bad is not None and bad.shape != fluxed.shape:
                bad = None
            yield assemble(
                Axis(wavelength, unit, frame), fluxed, meta, ivar=ivar, flags=bad, provenance=traced
            )
        except ReadError as error:
            yield error.within(f"table {number or 0}, row {row}")


def _beside(
    table: Any, flux: Any, *, array: bool
) -> tuple[Errors | None, list[BoolArray] | None, Provenance]:
    """Return the errors and masks of the spectra of a table, and where they come from."""
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
        return errors, None, Provenance()
    cells = _numbers(table.array[fields[name].ID])
    flags = [bad_of(np.asarray(cell, dtype=np.float64), name) for cell in (cells if array else [cells])]
    return errors, flags, Provenance(mask=f"column {name}")


def _says_error(field: Any) -> bool:
    utype, ucd = (field.utype or "").lower(), (field.ucd or "").lower()
    return utype.endswith("fluxaxis.accuracy.staterror") or ucd.startswith("stat.error;phot.flux")


def _numbers(column: Any) -> list[FloatArray | float]:
    """Return the cells, with NaN where a cell (or a value in it) is null."""
    if column.dtype.kind == "O":
        return [np.ma.filled(np.ma.asarray(cell, dtype=np.float64), np.nan) for cell in column]
    return list(np.ma.filled(np.ma.asarray(column).astype(np.float64), np.nan))


def _unit(table: Any, axis: Any) -> SpectralUnit:
    stated = "" if axis.unit is None else str(axis.unit)
    known = spectral_unit(stated) if stated else None
    for ending in ("spectralaxis.unit", "spectralsi"):
        known = known or spectral_unit(_parameter(table, ending))
    if known is None and stated:
        return required_unit(stated)
    return known or ANGSTROM


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
