"""SDSS: `spec` tables (SDSS-II to V, BOSS, eBOSS) and legacy `spSpec` images. Vacuum, heliocentric.

Data model: https://data.sdss.org/datamodel/files/BOSS_SPECTRO_REDUX/RUN2D/spectra/PLATE4/spec.html: table
COADD with flux, loglam, ivar, and_mask (names in capitals or not), table SPECOBJ or SPALL with one row of
what is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, bad_pixels, ivar_of_error
from spectra.reading.content import Content
from spectra.reading.fits.axis_units import in_logarithm
from spectra.reading.fits.describe import frame_said
from spectra.reading.fits.keywords import coordinate, known, put, whole
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.masks import SDSS_BAD, has_bits
from spectra.reading.provenance import traced
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.lamost import LOG_ANGSTROM
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.surveys.log_planes import Planes
from spectra.reading.units.meaning import AxisMeaning, Rule, Said, axis_meaning
from spectra.spectrum import BoolArray, ErrorSource, FloatArray, Source, Spectrum, SpectrumMeta

_MOST_PLANES = 6
_NUMBERS = {"redshift": "Z", "zwarning": "ZWARNING", "snr": "SN_MEDIAN_ALL"}
_OBJECT = ("BESTOBJID", "THING_ID", "SDSS_ID", "CATALOGID")
"""Who the object is, in SDSS-I to IV, and in SDSS-V (where a field and a catalogue stand for the plate)."""
_PLACES = (("PLUG_RA", "PLUG_DEC"), ("RACAT", "DECCAT"), ("FIBER_RA", "FIBER_DEC"), ("RA", "DEC"))
MODEL = Rule("the data model of SDSS", LOG_ANGSTROM.name, VACUUM, reach=(3500.0, 10500.0))
_SAME_GRID = 1e-6  # dex: LOGLAM is stored in single precision, good to 1.2e-7
_SPSPEC_CLASSES = {1: "STAR", 2: "GALAXY", 3: "QSO", 4: "QSO", 5: "SKY", 6: "STAR"}
"""SPEC_CLN of spSpec headers: 3 QSO, 4 QSO of high redshift, 6 late-type star (DR7 `SpecClass`)."""


def bad_bits(mask: FloatArray) -> BoolArray:
    """Return the pixels that an SDSS mask calls bad.

    Parameters
    ----------
    mask
        Bits of the pixels, any shape.

    Returns
    -------
    ndarray
        Same shape, bool; see `has_bits`.
    """
    return has_bits(mask, SDSS_BAD)


def is_spec(file: FitsFile) -> bool:
    """Whether a file has a table with the columns of a `spec` file."""
    return _coadd(file) is not None


def is_spspec(file: FitsFile) -> bool:
    """Whether a file is a legacy `spSpec` image."""
    header = file.primary.header
    image = header.integer("NAXIS") == 2 and header.text("TELESCOP").startswith("SDSS")
    image = image and header.integer("NAXIS2", 0) <= _MOST_PLANES  # more are the fibres of a plate
    return image and header.number("COEFF0") is not None


def _coadd(file: FitsFile) -> Hdu | None:
    return next((hdu for hdu in file.tables() if {"FLUX", "LOGLAM"} <= hdu.columns.keys()), None)


def read_spec(content: Content) -> Iterator[Spectrum]:
    """Read the co-added spectrum of a `spec` file.

    Raises
    ------
    ReadError
        When it has no table with the columns FLUX and LOGLAM.
    """
    file = content.fits
    hdu = _coadd(file)
    if hdu is None:
        raise ReadError("none of its tables has the columns FLUX and LOGLAM", Fault.NO_SPECTRUM)
    meta = _spec_meta(file, content.stem, content.source(hdu.index))
    flux, loglam = hdu.column("FLUX").ravel(), hdu.column("LOGLAM").ravel()
    ivar = hdu.column("IVAR").ravel() if "IVAR" in hdu.columns else None
    flags = bad_bits(hdu.column("AND_MASK").ravel()) if "AND_MASK" in hdu.columns else None
    header = file.primary.header
    stated = [Said(hdu.unit("LOGLAM"), f"TUNIT{hdu.columns['LOGLAM'].number}")]
    grid, meaning = _promised(header, stated, loglam)
    if meaning is None:
        frame = frame_said(hdu.header, header)
        meaning = axis_meaning("LOGLAM", units=stated, frame=frame, rules=[MODEL], values=loglam)
    known_by = replace(
        meaning.provenance("column LOGLAM" if grid is None else "COEFF0/COEFF1 log10", (hdu.index, hdu.name)),
        errors=None if ivar is None else ErrorSource("column IVAR", "ivar"),
        mask=None if flags is None else "column AND_MASK",
    )
    if grid is not None:
        meta = traced(meta, known_by)
        yield Spectrum(grid, flux, ivar, bad_pixels(flux, ivar, flags), meta)
        return
    axis = Axis(loglam, meaning.unit, meaning.frame)
    yield assemble(axis, flux, meta, ivar=ivar, flags=flags, provenance=known_by)


def _promised(
    header: Header, stated: list[Said], loglam: FloatArray
) -> tuple[FloatArray | None, AxisMeaning | None]:
    """Return the grid of COEFF0 and COEFF1 where the column agrees with it, and what it is in; else None.

    The numbers of the header are exact where the column is rounded, and equal grids become one array.
    """
    first, step = header.number("COEFF0"), header.number("COEFF1")
    if first is None or step is None:
        return None, None
    promised = first + step * np.arange(len(loglam))
    if not np.abs(promised - loglam).max(initial=0.0) < _SAME_GRID:
        return None, None
    units = [in_logarithm(said, "log10") for said in stated]
    return stated_log_axis((header,), MODEL, first, step, len(loglam), units=units)


def _spec_meta(file: FitsFile, stem: str, source: Source) -> SpectrumMeta:
    header = file.primary.header
    table = _described(file)
    extra: dict[str, Any] = {"survey": "SDSS"}
    label = group = None
    if table is not None:
        kind, subclass = _word(table, "CLASS"), _word(table, "SUBCLASS")
        is_sky = "SKY" in {_word(table, name) for name in ("SOURCETYPE", "OBJTYPE")}
        label = "SKY" if is_sky else kind
        put(
            extra,
            object_class=kind,
            subclass=subclass,
            **{key: _number(table, name) for key, name in _NUMBERS.items()},
            **{name.lower(): _word(table, name) for name in ("FIELD", "CATALOGID", "SDSS_ID")},
        )
        group = None if is_sky else next((word for name in _OBJECT if (word := _word(table, name))), None)
    put(extra, **{key.lower(): whole(header, key) for key in ("PLATEID", "MJD", "FIBERID")})
    if "mjd" not in extra and table is not None and (date := _number(table, "MJD")) is not None:
        extra["mjd"] = int(date)
    ra, dec = _position(file, table)
    return SpectrumMeta(
        name=stem,
        ra=ra,
        dec=dec,
        label=label,
        group=group,
        unit=LOG_ANGSTROM.name,
        frame=VACUUM,
        source=source,
        extra=extra,
    )


def _described(file: FitsFile) -> Hdu | None:
    """Return the table of one row that says what the spectrum is (SPECOBJ, SPALL), with a class first."""
    rows = [hdu for hdu in file.tables() if hdu.rows == 1]
    for wanted in ({"CLASS", "Z"}, {"CLASS"}, {"SDSS_ID"}, {"CATALOGID"}, {"OBJTYPE"}):
        for hdu in rows:
            if wanted <= hdu.columns.keys():
                return hdu
    return None


def _position(file: FitsFile, table: Hdu | None) -> tuple[float | None, float | None]:
    """Return the position from the header (SDSS-I to IV) or the table (SDSS-V), degrees."""
    header = file.primary.header
    for first, second in _PLACES:
        ra, dec = coordinate(header, first, 360.0), coordinate(header, second, 90.0)
        if table is not None and (ra is None or dec is None):
            ra, dec = _number(table, first), _number(table, second)
        if ra is not None and dec is not None and 0.0 <= ra <= 360.0 and -90.0 <= dec <= 90.0:
            return ra, dec
    return None, None


def _word(table: Hdu, name: str) -> str | None:
    column = table.columns.get(name)
    if column is None or table.rows < 1:
        return None
    value = table.column(name)[0]
    if column.letter == "A":
        word = known(bytes(value).decode("latin-1").strip("\x00 "))
        return None if word == "0" else word
    if column.letter in "IJK":  # identifiers of 64 bits do not fit a float
        whole_number = int(np.ravel(table.integers(name)[0])[0])
        return str(whole_number) if whole_number > 0 else None
    number = float(np.ravel(value)[0])
    return str(int(number)) if np.isfinite(number) and number > 0 else None


def _number(table: Hdu, name: str) -> float | None:
    if name not in table.columns or table.rows < 1 or table.columns[name].letter == "A":
        return None
    number = float(np.ravel(table.column(name)[0])[0])
    return number if np.isfinite(number) else None


def read_spspec(content: Content) -> Iterator[Spectrum]:
    """Read a legacy `spSpec` image: planes flux, flux less continuum, error, mask
    (http://classic.sdss.org/dr7/dm/flatFiles/spSpec.html); it has the shape of a LAMOST image.

    Raises
    ------
    ReadError
        When it is no such image, or is cut short.
    """
    header, start = content.header
    planes = Planes(header, start)
    content.limits.check(planes.n)
    data = planes.checked(content.data)
    extra: dict[str, Any] = {"survey": "SDSS"}
    put(extra, redshift=header.number("Z"), snr=header.number("SN_R"))
    number = header.number("SPEC_CLN")
    meta = SpectrumMeta(
        name=content.stem,
        ra=coordinate(header, "RAOBJ", 360.0),
        dec=coordinate(header, "DECOBJ", 90.0),
        label=None if number is None else _SPSPEC_CLASSES.get(int(number)),
        group=known(header.text("OBJID")),
        unit=LOG_ANGSTROM.name,
        frame=VACUUM,
        source=content.source(),
        extra=extra,
    )
    flux, ivar, flags = planes.row(data, 0), None, None
    grid, meaning = planes.axis(MODEL)
    known_by = meaning.provenance("COEFF0/COEFF1 log10", (0, ""))
    if planes.count >= 4:
        ivar, flags = ivar_of_error(planes.row(data, 2)), bad_bits(planes.row(data, 3))
        known_by = replace(known_by, errors=ErrorSource("plane 2", "sigma"), mask="plane 3")
    meta = traced(meta, known_by)
    yield Spectrum(grid, flux, ivar, bad_pixels(flux, ivar, flags), meta)
