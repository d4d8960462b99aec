"""SDSS-V Milky Way Mapper: mwmVisit, mwmStar, and astraVisit and astraStar of its pipelines. Vacuum.

Data models (https://data.sdss.org/datamodel/files/MWM_ASTRA): a table for each instrument and observatory
(BOSS/APO … APOGEE/LCO), one row per visit or star with arrays flux, ivar, pixel_flags. The axis is a column
wavelength, or ``10**(CRVAL + CDELT*i)`` of the table's header, whose keywords have no number.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said, position_of
from spectra.reading.fits.keywords import put
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.read_error import ReadError
from spectra.reading.surveys import apogee, sdss
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import BoolArray, ErrorSource, FloatArray, Spectrum, SpectrumMeta

_FAMILY = "the data model of SDSS-V's Milky Way Mapper"
_REACH = (3500.0, 17000.0)  # Å: BOSS to APOGEE
_WAVELENGTHS = Rule(_FAMILY, "Angstrom", VACUUM, reach=_REACH)
_LOGARITHMS = Rule(_FAMILY, "log10(Angstrom)", VACUUM, reach=_REACH)
_FACTS = {
    "radial_velocity": "V_RAD", "snr": "SNR", "mjd": "MJD", "teff": "TEFF", "logg": "LOGG", "fe_h": "FE_H",
}  # fmt: skip
_WORDS = {"telescope": "TELESCOPE", "object": "OBJ"}


def is_astra(file: FitsFile) -> bool:
    """Whether a file has tables of the Milky Way Mapper."""
    return bool(_tables(file))


def _tables(file: FitsFile) -> list[Hdu]:
    header = file.primary.header
    survey = header.get("V_ASTRA") is not None or header.get("SDSS_ID") is not None
    return [
        hdu
        for hdu in file.tables()
        if {"FLUX", "IVAR"} <= hdu.columns.keys()
        and hdu.columns["FLUX"].repeat > 1
        and (survey or "SDSS_ID" in hdu.columns)
        and ("WAVELENGTH" in hdu.columns or hdu.header.number("CRVAL") is not None)
    ]


def read_astra(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per row of each table.

    Raises
    ------
    ReadError
        When there are no such tables.
    """
    file = content.fits
    tables = _tables(file)
    if not tables:
        raise ReadError("none of its tables is one of the Milky Way Mapper", Fault.NO_SPECTRUM)
    for hdu in tables:
        try:
            yield from _spectra(content, file, hdu)
        except ReadError as error:
            yield error.within(f"HDU {hdu.index} ({hdu.name})")


def _spectra(content: Content, file: FitsFile, hdu: Hdu) -> Iterator[Spectrum | ReadError]:
    flux, ivar = hdu.column("FLUX"), hdu.column("IVAR")
    axes, meaning, source = _axes(file, hdu, flux.shape[-1])
    flags = _flags(hdu)
    provenance = replace(
        meaning.provenance(source, (hdu.index, hdu.name)),
        errors=ErrorSource("column IVAR", "ivar"),
        mask=None if flags is None else "column PIXEL_FLAGS",
    )
    in_angstrom = axes.ndim == 1  # a grid is made in Å and vacuum
    for row in range(hdu.rows):
        bad = None if flags is None else flags[row]
        weight = np.where(np.isfinite(ivar[row]) & (ivar[row] > 0.0), ivar[row], 0.0)
        try:
            yield assemble(
                Axis(axes) if in_angstrom else Axis(axes[row], meaning.unit, meaning.frame),
                flux[row],
                _meta(content, file, hdu, row),
                ivar=weight,
                flags=bad,
                provenance=provenance,
            )
        except ReadError as error:
            yield error.within(f"row {row} of HDU {hdu.index} ({hdu.name})")


def _axes(file: FitsFile, hdu: Hdu, n: int) -> tuple[FloatArray, AxisMeaning, str]:
    """Return the axis of all rows in vacuum Å, shape (n,), or of each as it stands, shape (rows, n).

    Beside it what it is in, and where it stands.
    """
    headers = (hdu.header, file.primary.header)
    if "WAVELENGTH" in hdu.columns:
        values: FloatArray = hdu.column("WAVELENGTH")
        meaning = axis_meaning(
            "WAVELENGTH",
            units=[Said(hdu.unit("WAVELENGTH"), f"TUNIT{hdu.columns['WAVELENGTH'].number}")],
            frame=frame_said(*headers),
            rules=[_WAVELENGTHS],
            values=values,
        )
        return values.reshape(hdu.rows, -1), meaning, "column WAVELENGTH"
    first, step = hdu.header.number("CRVAL"), hdu.header.number("CDELT")
    if first is None or step is None:
        raise ReadError("it lacks CRVAL and CDELT, its axis", Fault.NO_SPECTRUM)
    pixel = hdu.header.number("CRPIX")
    first += step * (1.0 - (1.0 if pixel is None else pixel))
    grid, meaning = stated_log_axis(headers, _LOGARITHMS, first, step, n)
    return grid, meaning, "CRVAL/CDELT, log10"


def _flags(hdu: Hdu) -> BoolArray | None:
    if "PIXEL_FLAGS" not in hdu.columns:
        return None
    mask = hdu.column("PIXEL_FLAGS")
    return apogee.bad_bits(mask) if hdu.name.startswith("APOGEE") else sdss.bad_bits(mask)


def _meta(content: Content, file: FitsFile, hdu: Hdu, row: int) -> SpectrumMeta:
    header = file.primary.header
    star = _word(hdu, "SDSS_ID", row) or header.text("SDSS_ID") or None
    extra: dict[str, Any] = {"survey": "SDSS-V"}
    put(
        extra,
        instrument=hdu.name.partition("/")[0] or None,
        sdss_id=star,
        gaia_source_id=_word(hdu, "GAIA_DR3_SOURCE_ID", row),
        **{key: _number(hdu, name, row) for key, name in _FACTS.items()},
        **{key: _word(hdu, name, row) for key, name in _WORDS.items()},
    )
    ra, dec = _number(hdu, "RA", row), _number(hdu, "DEC", row)
    if ra is None or dec is None:
        ra, dec = position_of(header) or (None, None)
    name = f"{content.stem}:{hdu.name or hdu.index}:{row}"
    return SpectrumMeta(name, ra, dec, group=star, source=content.source(hdu.index, row), extra=extra)


def _word(hdu: Hdu, name: str, row: int) -> str | None:
    column = hdu.columns.get(name)
    if column is None or (column.letter != "A" and column.repeat != 1):
        return None
    if column.letter == "A":
        return bytes(hdu.column(name)[row]).decode("latin-1").strip("\x00 ") or None
    number = int(hdu.integers(name)[row]) if column.letter in "BIJK" else 0
    return str(number) if number > 0 else None


def _number(hdu: Hdu, name: str, row: int) -> float | None:
    column = hdu.columns.get(name)
    if column is None or column.letter not in "BIJKED" or column.repeat != 1:
        return None
    value = float(hdu.column(name)[row])
    return value if np.isfinite(value) else None
