"""Spectra as files: every point with flux, error and mask as the file has them, not thinned, not scaled."""

from __future__ import annotations

import csv
import io
import warnings
from collections.abc import Iterator, Sequence
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import numpy.typing as npt

from spectra import Spectrum
from wire import spreadsheet
from wire.votable import NAMESPACE, Datatype, Field, clean, field

ANGSTROM = "0.1nm"  # as VOUnits 1.1 writes it, where Angstrom is deprecated
ROWS = 2000  # in one piece of a file
UCDS = {  # IVOA UCD1+ controlled vocabulary 1.5
    "wavelength": "em.wl",
    "flux": "phot.flux.density;em.wl",
    "error": "stat.error;phot.flux.density;em.wl",
    "mask": "meta.code.qual",
    "column": "meta.number",
}
DESCRIPTIONS = {
    "wavelength": "Wavelength in vacuum",
    "error": "One standard deviation",
    "mask": "True where the point is bad",
}
HEAD = f"""<?xml version="1.0" encoding="UTF-8"?>
<VOTABLE version="1.4" xmlns="{NAMESPACE}"><RESOURCE>
<COOSYS ID="position" system="ICRS"/>
"""
FOOT = "</RESOURCE></VOTABLE>\n"


def columns(spectrum: Spectrum) -> dict[str, npt.NDArray[Any]]:
    """Return the columns of a spectrum at full resolution.

    Parameters
    ----------
    spectrum : Spectrum
        The spectrum; a row of features without wavelengths has an empty axis.

    Returns
    -------
    dict of str to ndarray
        ``wavelength`` (Å, vacuum; or ``column``, its number), ``flux``, and where the file has them ``error``
        (1 / √ivar, NaN where ivar is not positive) and ``mask`` (True: bad), each of shape (n,).
    """
    count = len(spectrum.flux)
    if len(spectrum.wavelength) == count:
        found: dict[str, npt.NDArray[Any]] = {"wavelength": spectrum.wavelength}
    else:
        found = {"column": np.arange(count)}
    found["flux"] = spectrum.flux
    if spectrum.ivar is not None:
        good = np.isfinite(spectrum.ivar) & (spectrum.ivar > 0)
        found["error"] = np.full(count, np.nan)
        found["error"][good] = 1.0 / np.sqrt(spectrum.ivar[good])
    if spectrum.mask is not None:
        found["mask"] = spectrum.mask
    return found


def flux_unit(spectrum: Spectrum) -> str:
    """Return the unit of the flux as the file gives it; empty: it gives none."""
    return str(spectrum.meta.extra.get("flux_unit") or "")


def vounit(text: str) -> str:
    """Return a unit as VOTables write it (VOUnits 1.1); a text that is no unit is kept."""
    from astropy import units as u  # noqa: PLC0415 - heavy, and only exports need it

    try:
        with warnings.catch_warnings(action="ignore"):
            return str(u.Unit(text).to_string("vounit")) if text else ""
    except (ValueError, TypeError):
        return text


def csv_text(spectra: Sequence[Spectrum]) -> Iterator[str]:
    """Yield one CSV of spectra, one line for each point.

    Parameters
    ----------
    spectra : sequence of Spectrum
        Of one axis: all with wavelengths, or none.

    Yields
    ------
    str
        Pieces of the file: ``name, label, wavelength_angstrom, flux, flux_unit, error, mask``. Cells that a
        spectrum does not have are empty.
    """
    axis = next(iter(columns(spectra[0]))) if spectra else "wavelength"
    head = "wavelength_angstrom" if axis == "wavelength" else axis
    yield f"name,label,{head},flux,flux_unit,error,mask\r\n"
    for spectrum in spectra:
        found = columns(spectrum)
        named = [spreadsheet.cell(spectrum.meta.name), spreadsheet.cell(spectrum.meta.label or "")]
        unit = spreadsheet.cell(flux_unit(spectrum))
        for start in range(0, len(spectrum.flux), ROWS):
            piece = io.StringIO()
            writer = csv.writer(piece)
            part = {name: array[start : start + ROWS].tolist() for name, array in found.items()}
            empty = [""] * len(part["flux"])
            masks = [int(bad) if bad != "" else "" for bad in part.get("mask", empty)]
            rows = zip(part[axis], part["flux"], part.get("error", empty), masks, strict=True)
            writer.writerows([*named, x, _known(y), unit, _known(error), bad] for x, y, error, bad in rows)
            yield piece.getvalue()


def votable_text(spectra: Sequence[Spectrum]) -> Iterator[str]:
    """Yield one VOTable 1.4 of spectra, a TABLE for each, with units and UCDs.

    Parameters
    ----------
    spectra : sequence of Spectrum
        The spectra.

    Yields
    ------
    str
        Pieces of the document.
    """
    yield HEAD
    for spectrum in spectra:
        found = columns(spectrum)
        unit = vounit(flux_unit(spectrum))
        units = {"wavelength": ANGSTROM, "flux": unit, "error": unit}
        yield f"<TABLE name={quoteattr(clean(spectrum.meta.name))}>\n{_parameters(spectrum)}"
        for name, array in found.items():
            kind: Datatype = (
                "boolean" if array.dtype == bool else "long" if array.dtype.kind in "iu" else "double"
            )
            yield field(Field(name, kind, UCDS[name], units.get(name, ""), DESCRIPTIONS.get(name, ""))) + "\n"
        yield "<DATA><TABLEDATA>\n"
        for start in range(0, len(spectrum.flux), ROWS):
            part = [array[start : start + ROWS].tolist() for array in found.values()]
            yield "".join(
                f"<TR>{''.join(f'<TD>{_cell(value)}</TD>' for value in row)}</TR>\n"
                for row in zip(*part, strict=True)
            )
        yield "</TABLEDATA></DATA></TABLE>\n"
    yield FOOT


def _parameters(spectrum: Spectrum) -> str:
    meta = spectrum.meta
    lines = []
    for name, value, ucd in (("ra", meta.ra, "pos.eq.ra"), ("dec", meta.dec, "pos.eq.dec")):
        if value is not None:
            kind = f'datatype="double" unit="deg" ucd="{ucd};meta.main" ref="position"'
            lines.append(f'<PARAM name="{name}" {kind} value="{value!r}"/>\n')
    if meta.label:
        kind = 'datatype="char" arraysize="*" ucd="meta.code.class"'
        lines.append(f'<PARAM name="label" {kind} value={quoteattr(clean(meta.label))}/>\n')
    return "".join(lines)


def _cell(value: float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if value == value else "NaN"  # noqa: PLR0124 NaN alone differs from itself


def _known(value: Any) -> Any:
    return "" if value != value else value  # noqa: PLR0124 as above
