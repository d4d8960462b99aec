"""APOGEE: apVisit, apStar (asStar, stacked and visits) and aspcapStar. Vacuum.

Data models (https://data.sdss.org/datamodel/files/APOGEE_REDUX): every plane is an HDU: flux, error, mask, in
apVisit also wavelength (three detectors of 2048 or 4096 pixels each, in descending order). apStar is on
``10**(CRVAL1 + CDELT1*i)``; its row 0 is the combined spectrum, row 1 the same spectra combined with other
weights (left out), the rows from 2 on are the visits. HDU 3 of aspcapStar is a model, not a mask: a mask
holds whole numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble, ivar_of_error
from spectra.reading.content import Content
from spectra.reading.fits.describe import frame_said, position_of
from spectra.reading.fits.keywords import known, put
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.masks import has_bits
from spectra.reading.provenance import with_errors, with_mask
from spectra.reading.read_error import ReadError
from spectra.reading.surveys.log_axis import stated_log_axis
from spectra.reading.units.meaning import Rule, Said, axis_meaning
from spectra.spectrum import BoolArray, FloatArray, Provenance, Spectrum, SpectrumMeta

BAD_PIXEL = sum(1 << bit for bit in (0, 1, 2, 3, 4, 5, 6, 7, 14))
"""BADPIX, CRPIX, SATPIX, UNFIXABLE, BADDARK, BADFLAT, BADERR, NOSKY, NOT_ENOUGH_PSF of APOGEE_PIXMASK. The
others (persistence, ghosts, sky and telluric lines) say that a pixel is near something."""
REACH = (15000.0, 17000.0)
"""Å, of APOGEE's three detectors."""
_FAMILY = "the data model of APOGEE"
_WAVELENGTHS = Rule(_FAMILY, "Angstrom", VACUUM, reach=REACH)
_LOGARITHMS = Rule(_FAMILY, "log10(Angstrom)", VACUUM, reach=REACH)
_LOG_CODES = ("LOG-LINEAR", "LOG-LIN")


def bad_bits(mask: FloatArray) -> BoolArray:
    """Return the pixels that an APOGEE mask calls bad.

    Parameters
    ----------
    mask
        Bits of the pixels, any shape.

    Returns
    -------
    ndarray
        Same shape, bool; see `has_bits`.
    """
    return has_bits(mask, BAD_PIXEL)


def is_apogee(file: FitsFile) -> bool:
    """Whether the HDUs are the planes of apVisit, apStar or aspcapStar."""
    return _is_visit(file) or _is_star(file)


def _planes(file: FitsFile, count: int) -> list[Hdu] | None:
    """Return HDUs 1 … count where all are images of one shape behind an empty primary HDU."""
    planes = file.hdus[1 : count + 1]
    same = len(planes) == count and all(hdu.is_image and hdu.shape == planes[0].shape for hdu in planes)
    return planes if same and not file.primary.is_image and len(planes[0].shape) in {1, 2} else None


def _is_visit(file: FitsFile) -> bool:
    planes = _planes(file, 4)
    if planes is None or len(planes[0].shape) != 2 or planes[0].shape[0] != 3:
        return False
    survey = file.primary.header.text("SURVEY").lower() + file.primary.header.text("INSTRUME").lower()
    return planes[3].header.text("BUNIT").lower().startswith("wave") or "apogee" in survey


def _is_star(file: FitsFile) -> bool:
    planes = _planes(file, 2)
    if planes is None:
        return False
    header = planes[0].header
    return header.text("CTYPE1").upper().startswith(_LOG_CODES) and header.number("CRVAL1") is not None


def read_apogee(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read the spectrum of a visit, or the combined spectrum of a star and those of its visits.

    Raises
    ------
    ReadError
        When the HDUs are not APOGEE's planes.
    """
    file = content.fits
    if _is_visit(file):
        yield _visit(content, file)
        return
    planes = _planes(file, 2)
    if planes is None:
        raise ReadError("its HDUs 1 and 2 are not APOGEE's flux and error", Fault.NO_SPECTRUM)
    yield from _star(content, file, planes)


def _visit(content: Content, file: FitsFile) -> Spectrum:
    flux, error, mask, wavelength = (hdu.image().ravel() for hdu in file.hdus[1:5])
    order = np.argsort(wavelength, kind="stable")  # detectors and pixels descend
    flags = bad_bits(mask)[order]
    header = file.hdus[4].header
    meaning = axis_meaning(
        "wavelength",
        units=[Said(header.text(keyword), f"{keyword} of HDU 4") for keyword in ("BUNIT", "CUNIT1")],
        frame=frame_said(header, file.primary.header),
        rules=[_WAVELENGTHS],
        values=wavelength,
    )
    provenance = _sourced(
        meaning.provenance("HDU 4, the wavelengths of three detectors", (1, file.hdus[1].name)), "HDU 3"
    )
    return assemble(
        Axis(wavelength[order], meaning.unit, meaning.frame),
        flux[order],
        _meta(content, file.primary.header, file.hdus[1], None),
        ivar=ivar_of_error(error[order]),
        flags=flags,
        provenance=provenance,
    )


def _star(content: Content, file: FitsFile, planes: list[Hdu]) -> Iterator[Spectrum | ReadError]:
    header, n = planes[0].header, planes[0].shape[-1]
    step = header.number("CDELT1") or header.number("CD1_1")
    first = header.number("CRVAL1")
    if first is None or step is None:
        raise ReadError("HDU 1 lacks CRVAL1 and CDELT1, its axis", Fault.NO_SPECTRUM)
    pixel = header.number("CRPIX1")
    first += step * (1.0 - (1.0 if pixel is None else pixel))
    grid, meaning = stated_log_axis((header, file.primary.header), _LOGARITHMS, first, step, n)
    flux, error = (hdu.image().reshape(-1, n) for hdu in planes)
    mask = _mask(file, planes[0])
    provenance = _sourced(
        meaning.provenance("CRVAL1/CDELT1 of HDU 1, log10", (1, planes[0].name)),
        None if mask is None else "HDU 3",
    )
    for row in range(len(flux)):
        if row == 1 and len(flux) > 2:
            continue
        flags = None if mask is None else bad_bits(mask[row])
        meta = _meta(content, file.primary.header, planes[0], row if len(flux) > 1 else None)
        try:
            yield assemble(
                Axis(grid),
                flux[row],
                meta,
                ivar=ivar_of_error(error[row]),
                flags=flags,
                provenance=provenance,
            )
        except ReadError as failed:
            yield failed.within(f"row {row}")


def _mask(file: FitsFile, flux: Hdu) -> FloatArray | None:
    hdu = file.hdus[3] if len(file.hdus) > 3 else None
    if hdu is None or not hdu.is_image or hdu.shape != flux.shape or hdu.header.integer("BITPIX") < 0:
        return None
    return hdu.image().reshape(-1, flux.shape[-1])


def _sourced(axis: Provenance, mask: str | None) -> Provenance:
    known = with_errors(axis, "HDU 2", "sigma")
    return known if mask is None else with_mask(known, mask)


def _meta(content: Content, header: Header, flux: Hdu, row: int | None) -> SpectrumMeta:
    """Collect what the primary header says; of a visit in apStar, its own velocity and signal to noise."""
    visit = "" if row is None or row < 2 else str(row - 1)
    star = next(
        (word for key in ("OBJID", "OBJ", "OBJECT", "SDSS_ID") if (word := known(header.text(key)))), None
    )
    extra: dict[str, Any] = {"survey": "APOGEE"}
    put(
        extra,
        combined=True if row == 0 else None,
        visit=int(visit) if visit else None,
        visit_file=known(header.text(f"SFILE{visit}")) if visit else None,
        radial_velocity=_first(header, f"VHELIO{visit}", f"VRAD{visit}", f"VHBARY{visit}"),
        snr=_first(header, f"SNRVIS{visit}" if visit else "SNR"),
        teff=header.number("TEFF") or header.number("RVTEFF"),
        flux_unit=known(flux.header.text("BUNIT")),
    )
    ra, dec = position_of(header) or (None, None)
    name = content.stem if row is None else f"{content.stem}:{row}"
    return SpectrumMeta(name, ra, dec, group=star, source=content.source(1, row), extra=extra)


def _first(header: Header, *keywords: str) -> float | None:
    return next((value for keyword in keywords if (value := header.number(keyword)) is not None), None)
