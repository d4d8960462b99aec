"""Images of pixels on a linear, logarithmic or other computed axis (IRAF, MIDAS, MILES, STELIB …).

The spectral axis is the one that CTYPE calls so; a slit or a cube beside it is rejected.
Of several images the one that is a spectrum by its name or its single row is taken; lines are bands of one
spectrum, or spectra of apertures or fibres, where the header or a table says so (`planes`). An image with
wavelengths in an HDU of their own has the reader `columns`; IRAF's multispec has one, too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from spectra.fault import Fault
from spectra.reading.assemble import assemble, bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.axis import ImageAxis, image_axis
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits.image_rows import ImageRows
from spectra.reading.fits.spectral_axis import step_keywords
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.bands import Lines, every_line, image_lines
from spectra.reading.planes.companions import may_hold_flux, no_flux, role_of_hdu
from spectra.reading.planes.fibres import fibres_of
from spectra.reading.planes.words import Role, flux_rank
from spectra.reading.provenance import traced
from spectra.reading.read_error import ReadError
from spectra.spectrum import Provenance, Spectrum

_MOST_ROWS = 10_000
_SPATIAL = ("RA", "DEC", "GLON", "GLAT", "ELON", "ELAT", "SLIT", "POS", "OFFSET", "ANGLE", "DIST")
_SPATIAL_UNITS = ("deg", "arcsec", "arcmin")


class _Found(NamedTuple):
    """An image that holds spectra: its axis, the lines of each, and how likely it is the flux (0 most)."""

    hdu: Hdu
    axis: ImageAxis
    lines: list[Lines]
    rank: int


def has_axis(hdu: Hdu) -> bool:
    """Whether an HDU holds an image with an axis that has a value and a step."""
    return hdu.is_image and any(
        hdu.header.number(f"CRVAL{number}") is not None
        and any(hdu.header.number(keyword) for keyword in step_keywords(number))
        for number in range(1, len(hdu.shape) + 1)
    )


def is_images(file: FitsFile) -> bool:
    """Whether a file holds an image with a linear axis."""
    return any(has_axis(hdu) for hdu in file.hdus)


def read_images(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read the images that hold spectra: their flux, with the errors and the mask beside it.

    Raises
    ------
    ReadError
        When there is none: the fault of the first image that might have been one.
    """
    chosen, faults = _chosen(content.fits)
    for found in chosen:
        yield from _spectra(content, found)
    yield from faults


def read_every_row(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read each row of the first image with an axis as a spectrum, because the caller says that it is one.

    Raises
    ------
    ReadError
        When no image has a spectral axis.
    """
    hdu = next((hdu for hdu in content.fits.hdus if has_axis(hdu)), None)
    if hdu is None:
        raise _no_axis()
    axis = image_axis(hdu.header)
    lines = list(every_line(_checked(hdu, axis)))
    yield from _spectra(content, _Found(hdu, axis, lines, 0))


def _no_axis() -> ReadError:
    return ReadError(
        "none of its images has a spectral axis (CRVAL1 with CDELT1 or CD1_1)", Fault.NO_SPECTRUM
    )


def _checked(hdu: Hdu, axis: ImageAxis) -> int:
    """Return the number of lines of an image, where they are neither positions on the sky nor too many."""
    number = axis.code.number
    count = math.prod(hdu.shape_across(number))
    others = [other for other in range(1, len(hdu.shape) + 1) if other != number and hdu.shape[-other] > 1]
    if others and (number != 1 or any(_is_spatial(hdu.header, other) for other in others)):
        what = "a cube" if len(others) > 1 else "a long-slit image"
        raise ReadError(f"it is {what} of {count:,} positions: extract the spectrum first", Fault.NO_SPECTRUM)
    if count > _MOST_ROWS:
        raise ReadError(
            f"its image has {count:,} rows: an image or a cube, no table of spectra", Fault.NO_SPECTRUM
        )
    return count


def _is_spatial(header: Header, number: int) -> bool:
    unit = header.text(f"CUNIT{number}").lower()
    return header.text(f"CTYPE{number}").upper().startswith(_SPATIAL) or unit.startswith(_SPATIAL_UNITS)


def _chosen(file: FitsFile) -> tuple[list[_Found], list[ReadError]]:
    """Choose among the images: those named as a flux, then those without a telling name.

    Images on the same axis are planes of one spectrum: the first of them is taken. Images on different axes
    (arms, orders) are spectra of their own; the faults are of those that are lines of pixels like them.
    """
    found: list[_Found] = []
    fault: ReadError | None = None
    faults: list[tuple[int, ReadError]] = []
    images = [hdu for hdu in file.hdus if has_axis(hdu)]
    for hdu in images:
        role = role_of_hdu(hdu)
        if role not in {None, Role.FLUX} and (len(images) > 1 or not may_hold_flux(hdu)):
            fault = fault or no_flux(hdu)
            continue
        try:
            axis = image_axis(hdu.header)
            fibres = fibres_of(file, _checked(hdu, axis))
            across = hdu.shape_across(axis.code.number)
            lines = image_lines(hdu.header, across, described=fibres is not None)
        except ReadError as error:
            place = f"HDU {hdu.index} ({hdu.name})" if hdu.name else f"HDU {hdu.index}"
            fault = fault or (error if len(images) == 1 else error.within(place))
            if math.prod(hdu.shape) == max(hdu.shape):
                faults.append((_rank(hdu, role), error.within(place)))
            continue
        found.append(_Found(hdu, axis, lines, _rank(hdu, role)))
    if not found:
        raise fault or file.fault or _no_axis()
    best = min(one.rank for one in found)
    chosen: dict[tuple[float, float, int], _Found] = {}
    for one in found:
        if one.rank == best:
            n = one.hdu.shape[-one.axis.code.number]
            chosen.setdefault((one.axis.first, one.axis.step, n), one)
    return list(chosen.values()), [error for rank, error in faults if rank == best]


def _rank(hdu: Hdu, role: Role | None) -> int:
    """Return how likely an image is the flux by its name, 0 most."""
    return (0 if role is Role.FLUX else 10 if hdu.name else 5) + flux_rank(hdu.name)


def _spectra(content: Content, found: _Found) -> Iterator[Spectrum | ReadError]:
    hdu, axis = found.hdu, found.axis
    rows = ImageRows(content.fits, hdu, found.lines, axis.code.number)
    provenance = axis.meaning.provenance(axis.source, (hdu.index, hdu.name))
    for lines in found.lines:
        try:
            yield _row(content, rows, axis, lines, provenance)
        except ReadError as error:
            if len(found.lines) == 1:
                raise
            yield error.within(f"row {lines.row}")


def _row(
    content: Content, rows: ImageRows, axis: ImageAxis, lines: Lines, provenance: Provenance
) -> Spectrum:
    hdu, row = rows.hdu, lines.row
    stem = content.stem if row is None else f"{content.stem}:{row}"
    headers = (hdu.header,) if hdu.index == 0 else (hdu.header, content.fits.primary.header)
    source = content.source(hdu.index or None, row)
    meta = header_meta(headers, source, stem, unit=axis.unit_name, frame=axis.frame)
    one = rows.read(lines, meta, provenance)
    grid = axis.shared_grid(len(one.flux))
    if grid is not None:
        mask = bad_pixels(one.flux, one.ivar, one.flags)
        return Spectrum(grid, one.flux, one.ivar, mask, traced(one.meta, one.provenance))
    return assemble(
        axis.axis(len(one.flux)),
        one.flux,
        one.meta,
        ivar=one.ivar,
        flags=one.flags,
        provenance=one.provenance,
    )
