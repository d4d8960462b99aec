"""Binary tables with a spectral and a flux column: Ondřejov pairs, ESO phase 3, STIS, FUSE, JWST, DEEP2, VO.

Either one row per pixel, or one row per spectrum holding arrays. Columns are found by what the file says of
them (utype, UCD; Spectrum Data Model 1.1, IVOA 2012, table 1; ESO science data products standard 5, 2.4),
then by name. Unit and frame: `units.meaning`, with what is known of families of files (``families``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.column_names import best_axis, best_flux
from spectra.reading.content import Content
from spectra.reading.fits.axis import rest_wavelength
from spectra.reading.fits.axis_units import keyword_units
from spectra.reading.fits.describe import axis_comments, frame_said, header_meta
from spectra.reading.fits.families import table_rules
from spectra.reading.fits_file.ascii_table import AsciiTable
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.objects.columns import FactColumns
from spectra.reading.planes.companions import may_hold_flux, no_flux, role_of_hdu
from spectra.reading.planes.errors import ErrorColumn, Errors, error_column, weighed
from spectra.reading.planes.masks import table_mask
from spectra.reading.planes.words import Role
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import AxisMeaning, Said, axis_meaning
from spectra.reading.units.several import chosen_axis
from spectra.spectrum import FloatArray, Spectrum


def spectral_tables(file: FitsFile) -> list[tuple[Hdu, str, str]]:
    """Find the tables with a spectral and a flux column, and the names of both."""
    found = []
    for hdu in file.tables():
        axis, flux = _named(hdu, "spectralaxis.value", best_axis), _named(hdu, "fluxaxis.value", best_flux)
        if axis and flux and axis != flux:
            found.append((hdu, axis, flux))
    return found


def _chosen(file: FitsFile) -> list[tuple[Hdu, str, str]]:
    """Choose among the tables that have both columns: sky, models and errors are no spectra.

    Raises
    ------
    ReadError
        When none is left.
    """
    found = spectral_tables(file)
    if not found:
        raise ReadError("none of its tables has a spectral column and a flux column", Fault.NO_SPECTRUM)
    fluxes = [one for one in found if role_of_hdu(one[0]) in {None, Role.FLUX}]
    fluxes = fluxes or [one for one in found if may_hold_flux(one[0])]
    if not fluxes:
        raise no_flux(found[0][0])
    return fluxes


def is_tables(file: FitsFile) -> bool:
    """Whether a file has a table with a spectral and a flux column."""
    return bool(spectral_tables(file))


def _named(hdu: Hdu, utype: str, by_name: Callable[[Iterable[str]], str | None]) -> str | None:
    numeric = [name for name, column in hdu.columns.items() if column.is_numeric]
    said = [
        name
        for name in numeric
        if hdu.header.text(f"TUTYP{hdu.columns[name].number}").lower().endswith(utype)
    ]
    return by_name(said) or (said[0] if len(said) == 1 else None) or by_name(numeric)


def read_tables(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read every spectrum of every table that holds spectra.

    Raises
    ------
    ReadError
        When no table has a spectral and a flux column.
    """
    file = content.fits
    found = _chosen(file)
    for hdu, axis, flux in found:
        several = len(found) > 1
        try:
            yield from _spectra(content, file, hdu, axis, flux, several=several)
        except ReadError as error:
            if not several:
                raise
            yield error.within(f"HDU {hdu.index} ({hdu.name or 'table'})")


def _spectra(
    content: Content, file: FitsFile, hdu: Hdu, axis: str, flux: str, *, several: bool
) -> Iterator[Spectrum | ReadError]:
    values, fluxes = hdu.cells(axis), hdu.cells(flux)
    if not len(values) or not len(fluxes):
        raise ReadError("its spectral or flux column is empty", Fault.EMPTY)
    headers = (hdu.header, file.primary.header)
    errors, mask = _errors(hdu, flux), table_mask(hdu, flux, headers)
    axis, meaning, named = chosen_axis(
        axis,
        _axes(hdu, axis, flux),
        lambda name: _first(hdu, name, len(values)),
        lambda name, one: _meaning(content, file, hdu, name, one),
    )
    values = hdu.cells(axis)
    rest = rest_wavelength(hdu.header)
    stem = f"{content.stem}:{hdu.name or hdu.index}" if several else content.stem
    known = meaning.provenance(f"column {named}", (hdu.index, hdu.name), mask=mask.place if mask else None)
    many = len(fluxes) > 1
    facts = FactColumns.of([name for name in hdu.columns if _is_fact(hdu, name)])
    cells = {name: _told_once(_fact(hdu, name), len(fluxes)) for name in facts.names}
    for row in range(len(fluxes)):
        name = f"{stem}:{row}" if many else stem
        source = content.source(hdu.index, row if many else None)
        meta = header_meta(
            headers, source, name, unit=meaning.unit.name, frame=meaning.frame, flux_unit=hdu.unit(flux)
        )
        meta = facts.told(meta, lambda column, row=row: cells[column][row], hdu.unit)  # type: ignore[misc]
        meta = replace(meta, name=name)
        try:
            if len(values) not in {1, len(fluxes)}:
                raise ReadError(
                    "its spectral column and its flux column have different numbers of rows", Fault.BAD_AXIS
                )
            one = fluxes[row]
            ivar, meta, traced = weighed(errors, row, one.shape, meta, known)
            yield assemble(
                Axis(values[row if len(values) > 1 else 0], meaning.unit, meaning.frame, rest),
                one,
                meta,
                ivar=ivar,
                flags=None if mask is None else mask.of(row, one.shape),
                provenance=traced,
            )
        except ReadError as error:
            if not many:
                raise
            yield error.within(f"row {row} of HDU {hdu.index}")


def _axes(hdu: Hdu, axis: str, flux: str) -> list[str]:
    """Return the columns that can be the axis; the one alone that its utype names."""
    if hdu.header.text(f"TUTYP{hdu.columns[axis].number}"):
        return [axis]
    return [name for name, column in hdu.columns.items() if column.is_numeric and name != flux]


def _first(hdu: Hdu, name: str, rows: int) -> FloatArray | None:
    """Return the first cell of a column that has as many as the likeliest axis."""
    cells = hdu.cells(name)
    if len(cells) != rows:
        return None
    one: FloatArray = cells[0]
    return one


def _is_fact(hdu: Hdu, name: str) -> bool:
    """Whether a column has one number or text in each row."""
    column = hdu.columns[name]
    return column.letter == "A" or (column.letter in "EDIJK" and column.repeat == 1)


def _fact(hdu: Hdu, name: str) -> Any:
    """Return a column of facts; identifiers of 64 bits are not rounded."""
    return hdu.integers(name) if _is_whole(hdu, name) else hdu.column(name)


def _is_whole(hdu: Hdu, name: str) -> bool:
    number = hdu.columns[name].number
    is_scaled = any(hdu.header.number(f"{keyword}{number}") is not None for keyword in ("TSCAL", "TZERO"))
    return hdu.columns[name].letter in "IJK" and not is_scaled and not isinstance(hdu, AsciiTable)


def _told_once(cells: Any, spectra: int) -> Any:
    """Return a fact of each spectrum; of rows that are pixels, what is the same in all of them."""
    if len(cells) == spectra:
        return cells
    same = spectra == 1 and len(cells) and (cells == cells[0]).all()
    return cells[:1] if same else [None] * spectra


def _errors(hdu: Hdu, flux: str) -> Errors | None:
    numeric = [name for name, column in hdu.columns.items() if column.is_numeric]
    said = [name for name in numeric if _says_error(hdu, name)]
    found = error_column(numeric, flux) or (ErrorColumn(said[0], "sigma") if said else None)
    return None if found is None else Errors(found.source, hdu.cells(found.name))


def _says_error(hdu: Hdu, name: str) -> bool:
    """Whether the utype or UCD of a column is that of the standard deviation of a flux."""
    number = hdu.columns[name].number
    utype, ucd = (hdu.header.text(f"{keyword}{number}").lower() for keyword in ("TUTYP", "TUCD"))
    return utype.endswith("fluxaxis.accuracy.staterror") or ucd.startswith("stat.error;phot.flux")


def _meaning(content: Content, file: FitsFile, hdu: Hdu, axis: str, values: FloatArray) -> AxisMeaning:
    number, header = hdu.columns[axis].number, hdu.header
    return axis_meaning(
        axis,
        units=[
            Said(header.text(f"TUNIT{number}"), f"TUNIT{number}"),
            *keyword_units(header),
            *keyword_units(file.primary.header),
        ],
        frame=frame_said(header, file.primary.header),
        ucd=header.text(f"TUCD{number}"),
        comments=[
            header.comment(f"TTYPE{number}"),
            header.text(f"TCOMM{number}"),
            *axis_comments(header),
            *axis_comments(file.primary.header),
        ],
        rules=table_rules(content.stem, hdu),
        values=values,
    )
