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
from spectra.reading.assemble import Axis, assemble, bad_pixels
from spectra.reading.content import Content
from spectra.reading.fits.axis import ImageAxis, image_axis, rest_wavelength
from spectra.reading.fits.axis_units import stated_units
from spectra.reading.fits.describe import frame_said, header_meta
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
from spectra.reading.units.axis_name import axis_name
from spectra.reading.units.meaning import axis_meaning
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta

_MOST_ROWS = 10_000
_SPATIAL = ("RA", "DEC", "GLON", "GLAT", "ELON", "ELAT", "SLIT", "POS", "OFFSET", "ANGLE", "DIST")
_SPATIAL_UNITS = ("deg", "arcsec", "arcmin")


class _Found(NamedTuple):
    """An image that holds spectra.

    Its spectral axis (number, and what the header says of it, None where its lines hold the wavelengths and
    the header none), the lines of each spectrum, and how likely it is the flux (0 most).
    """

    hdu: Hdu
    number: int
    axis: ImageAxis | None
    lines: list[Lines]
    rank: int

    @property
    def place(self) -> tuple[float, float, int]:
        """First pixel, step and length: images of the same are planes of one spectrum."""
        n = self.hdu.shape[-self.number]
        return (-1.0, self.hdu.index, n) if self.axis is None else (self.axis.first, self.axis.step, n)


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
    number = axis.code.number
    lines = list(every_line(_checked(hdu, number)))
    yield from _spectra(content, _Found(hdu, number, axis, lines, 0))


def _no_axis() -> ReadError:
    return ReadError(
        "none of its images has a spectral axis (CRVAL1 with CDELT1 or CD1_1)", Fault.NO_SPECTRUM
    )


def _checked(hdu: Hdu, number: int) -> int:
    """Return the number of lines of an image, where they are neither positions on the sky nor too many."""
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
            found.append(_described(file, hdu, _rank(hdu, role)))
        except ReadError as error:
            place = f"HDU {hdu.index} ({hdu.name})" if hdu.name else f"HDU {hdu.index}"
            fault = fault or (error if len(images) == 1 else error.within(place))
            if math.prod(hdu.shape) == max(hdu.shape):
                faults.append((_rank(hdu, role), error.within(place)))
    if not found:
        raise fault or file.fault or _no_axis()
    best = min(one.rank for one in found)
    chosen: dict[tuple[float, float, int], _Found] = {}
    for one in found:
        if one.rank == best:
            chosen.setdefault(one.place, one)
    return list(chosen.values()), [error for rank, error in faults if rank == best]


def _described(file: FitsFile, hdu: Hdu, rank: int) -> _Found:
    """Find the axis and the lines of an image.

    Raises
    ------
    ReadError
        When it is a picture or a cube, or neither its header nor one of its lines has wavelengths.
    """
    axis: ImageAxis | None = None
    fault: ReadError | None = None
    try:
        axis = image_axis(hdu.header)
    except ReadError as error:
        fault = error
    number = 1 if axis is None else axis.code.number
    if fault is not None and hdu.shape[-1] == math.prod(hdu.shape):
        raise fault
    fibres = fibres_of(file, _checked(hdu, number))
    lines = image_lines(hdu.header, hdu.shape_across(number), described=fibres is not None)
    if fault is not None and any(one.wavelength is None for one in lines):
        raise fault
    return _Found(hdu, number, axis, lines, rank)


def _rank(hdu: Hdu, role: Role | None) -> int:
    """Return how likely an image is the flux by its name, 0 most."""
    return (0 if role is Role.FLUX else 10 if hdu.name else 5) + flux_rank(hdu.name)


def _spectra(content: Content, found: _Found) -> Iterator[Spectrum | ReadError]:
    hdu, axis = found.hdu, found.axis
    rows = ImageRows(content.fits, hdu, found.lines, found.number)
    known = None if axis is None else axis.meaning.provenance(axis.source, (hdu.index, hdu.name))
    for lines in found.lines:
        try:
            values = rows.wavelengths(lines)
            if values is not None:
                yield _with_wavelengths(content, rows, lines, values)
            elif axis is None or known is None:
                raise ReadError("its line of wavelengths turns back", Fault.BAD_AXIS)
            else:
                yield _row(content, rows, axis, lines, known)
        except ReadError as error:
            if len(found.lines) == 1:
                raise
            yield error.within(f"row {lines.row}")


def _with_wavelengths(content: Content, rows: ImageRows, lines: Lines, values: FloatArray) -> Spectrum:
    """Read a spectrum whose wavelengths are a line of its image: they go before the axis of the header."""
    header = rows.hdu.header
    name = axis_name(lines.said)
    units = [] if name is not None and name.unit is not None else stated_units(header, 1)
    meaning = axis_meaning(lines.said, units=units, frame=frame_said(header), values=values)
    known = meaning.provenance(f"plane {lines.wavelength}", (rows.hdu.index, rows.hdu.name))
    one = rows.read(lines, _meta(content, rows.hdu, lines.row, meaning.unit.name, meaning.frame), known)
    axis = Axis(values, meaning.unit, meaning.frame, rest_wavelength(header))
    return assemble(axis, one.flux, one.meta, ivar=one.ivar, flags=one.flags, provenance=one.provenance)


def _meta(content: Content, hdu: Hdu, row: int | None, unit: str, frame: str) -> SpectrumMeta:
    stem = content.stem if row is None else f"{content.stem}:{row}"
    headers = (hdu.header,) if hdu.index == 0 else (hdu.header, content.fits.primary.header)
    return header_meta(headers, content.source(hdu.index or None, row), stem, unit=unit, frame=frame)


def _row(
    content: Content, rows: ImageRows, axis: ImageAxis, lines: Lines, provenance: Provenance
) -> Spectrum:
    meta = _meta(content, rows.hdu, lines.row, axis.unit_name, axis.frame)
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
