"""LAMOST tables: low resolution of newer releases, and medium resolution.

Low resolution: a table of one row, columns FLUX, IVAR, WAVELENGTH, ANDMASK, ORMASK, PIXMASK. Medium
resolution: a table per arm and exposure, one row per pixel, column LOGLAM (log10 Å, vacuum).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits.keywords import put
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import Hdu
from spectra.reading.provenance import with_errors, with_mask
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.lamost import LINEAR_MODEL, MODEL, lamost_meta
from spectra.reading.units.meaning import Said, axis_meaning
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta


def read_tables(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read tables: medium resolution (one spectrum per HDU), or low resolution of later releases.

    Parameters
    ----------
    content : Content
        The file.

    Yields
    ------
    Spectrum or ReadError
        One for each table.

    Raises
    ------
    ReadError
        If no table has the columns of a spectrum.
    """
    file = content.fits
    primary = file.primary.header
    found = [
        hdu
        for hdu in file.tables()
        if "FLUX" in hdu.columns and {"LOGLAM", "WAVELENGTH"} & hdu.columns.keys()
    ]
    if not found:
        raise ReadError("none of its tables has the columns FLUX and LOGLAM or WAVELENGTH", Fault.NO_SPECTRUM)
    for hdu in found:
        name = f"{content.stem}:{hdu.name}" if len(found) > 1 else content.stem
        extra: dict[str, Any] = {}
        put(extra, exposure=hdu.name, snr=hdu.header.number("SNR"))
        try:
            axis, provenance = _axis(hdu, primary)
            meta = lamost_meta(primary, name, content.source(hdu.index), extra, provenance=provenance)
            yield _table_spectrum(hdu, axis, meta)
        except ReadError as error:
            yield error.within(f"HDU {hdu.index} ({hdu.name})")


def _table_spectrum(hdu: Hdu, axis: Axis, meta: SpectrumMeta) -> Spectrum:
    flux = hdu.column("FLUX").ravel()
    ivar = hdu.column("IVAR").ravel() if "IVAR" in hdu.columns else None
    masks = [hdu.column(name).ravel() != 0.0 for name in ("ANDMASK", "PIXMASK") if name in hdu.columns]
    provenance = meta.provenance
    if ivar is not None:
        provenance = with_errors(provenance, "column IVAR", "ivar")
    if masks:
        provenance = with_mask(provenance, "column ANDMASK" if "ANDMASK" in hdu.columns else "column PIXMASK")
    return assemble(axis, flux, meta, ivar=ivar, flags=masks[0] if masks else None, provenance=provenance)


def _axis(hdu: Hdu, primary: Header) -> tuple[Axis, Provenance]:
    name, model = ("LOGLAM", MODEL) if "LOGLAM" in hdu.columns else ("WAVELENGTH", LINEAR_MODEL)
    values: FloatArray = hdu.column(name).ravel()
    stated = Said(hdu.unit(name), f"TUNIT{hdu.columns[name].number}")
    frame = frame_said(hdu.header, primary)
    meaning = axis_meaning(name, units=[stated], frame=frame, rules=[model], values=values)
    provenance = meaning.provenance(f"column {name}", (hdu.index, hdu.name))
    return Axis(values, meaning.unit, meaning.frame), provenance
