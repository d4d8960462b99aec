"""PypeIt: spec1d (one table per extracted object) and coadd1d (one table). Vacuum unless the header says air.

Data model (https://pypeit.readthedocs.io, "Spec1D output", "Coadd1D output"): columns OPT_… of the optimal
extraction go before BOX_… of the boxcar; calibrated fluxes (…_FLAM) before counts (…_COUNTS), each with its
own inverse variance; masks are 1 for good pixels. Wavelengths of 0 lie outside the detector.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said, header_meta
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.errors import weights
from spectra.reading.read_error import ReadError
from spectra.reading.units.frames import frame_word
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import ErrorSource, FloatArray, Spectrum

_MODEL = Rule("the data model of PypeIt", "Angstrom", VACUUM, reach=(2900.0, 56000.0))


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns of one extraction."""

    wavelength: str
    flux: str
    ivar: str
    mask: str


_EXTRACTIONS = (
    *(
        _Columns(f"{way}_WAVE", f"{way}_{flux}", f"{way}_{flux}_IVAR", f"{way}_MASK")
        for way in ("OPT", "BOX")
        for flux in ("FLAM", "COUNTS")
    ),
    _Columns("WAVE", "FLUX", "IVAR", "MASK"),
)
"""The preferred first."""


def is_pypeit(file: FitsFile) -> bool:
    """Whether a file is PypeIt's and has tables of extracted spectra."""
    header = file.primary.header
    ours = any(header.get(key) is not None for key in ("VERSPYP", "PYP_SPEC", "PYPELINE"))
    return bool(_tables(file, ours=ours))


def _tables(file: FitsFile, *, ours: bool = True) -> list[tuple[Hdu, _Columns]]:
    found = []
    for hdu in file.tables():
        own = hdu.header.text("DMODCLS") in {"SpecObj", "OneSpec"}
        choices = _EXTRACTIONS if ours or own else _EXTRACTIONS[:-1]
        names = hdu.columns.keys()
        columns = next((one for one in choices if {one.wavelength, one.flux} <= names), None)
        if columns is not None:
            found.append((hdu, columns))
    return found


def read_pypeit(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per extracted object.

    Raises
    ------
    ReadError
        When there is none.
    """
    found = _tables(content.fits)
    if not found:
        raise ReadError(
            "none of its tables holds an extracted spectrum (OPT_WAVE, BOX_WAVE)", Fault.NO_SPECTRUM
        )
    for hdu, columns in found:
        try:
            yield _spectrum(content, hdu, columns, several=len(found) > 1)
        except ReadError as error:
            yield error.within(f"HDU {hdu.index} ({hdu.name})")


def _spectrum(content: Content, hdu: Hdu, columns: _Columns, *, several: bool) -> Spectrum:
    primary = content.fits.primary.header
    values: FloatArray = hdu.column(columns.wavelength).ravel()
    meaning = _meaning(hdu, columns.wavelength, primary, values)
    ivar = weights(hdu.column(columns.ivar).ravel(), "ivar") if columns.ivar in hdu.columns else None
    flags = hdu.column(columns.mask).ravel() if columns.mask in hdu.columns else None
    if flags is not None:
        flags = flags != b"T" if flags.dtype.kind == "S" else np.asarray(flags) == 0
    known = replace(
        meaning.provenance(f"column {columns.wavelength}", (hdu.index, hdu.name)),
        errors=None if ivar is None else ErrorSource(f"column {columns.ivar}", "ivar"),
        mask=None if flags is None else f"column {columns.mask}",
    )
    meta = header_meta(
        (hdu.header, primary),
        content.source(hdu.index),
        f"{content.stem}:{hdu.name or hdu.index}" if several else content.stem,
        unit="",
        frame="",
    )
    extra = dict(meta.extra) | {"extraction": columns.flux}
    if (snr := hdu.header.number("S2N")) is not None:
        extra["snr"] = snr
    # All objects of a slit have the target's name in the primary header: only their own is a group.
    group = hdu.name or None if several else meta.group
    return assemble(
        Axis(values, meaning.unit, meaning.frame), hdu.column(columns.flux).ravel(),
        replace(meta, group=group, extra=extra), ivar=ivar, flags=flags, provenance=known,
    )  # fmt: skip


def _meaning(hdu: Hdu, column: str, primary: Header, values: FloatArray) -> AxisMeaning:
    headers = (hdu.header, primary)
    reference = next((frame for header in headers if (frame := frame_word(header.text("WAVEREF")))), None)
    return axis_meaning(
        "wave",
        units=[Said(hdu.unit(column), f"TUNIT{hdu.columns[column].number}")],
        frame=Said(reference, "WAVEREF") if reference else frame_said(*headers),
        rules=[_MODEL],
        values=values,
    )
