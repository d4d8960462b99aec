"""Which images of a file are spectra: by their axis, their names and their lines."""

from __future__ import annotations

import math
import re
from collections import Counter
from typing import NamedTuple

from spectra.fault import Fault
from spectra.reading.fits.axis import ImageAxis, image_axis
from spectra.reading.fits.spectral_axis import step_keywords
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.planes.bands import Lines, band_roles, image_lines
from spectra.reading.planes.companions import may_hold_flux, no_flux, role_of_hdu
from spectra.reading.planes.fibres import fibres_of
from spectra.reading.planes.words import Role, flux_rank
from spectra.reading.read_error import ReadError

_MOST_ROWS = 10_000
_MOST_BANDS = 20
_NUMBERS = re.compile(r"\d+")
_SPATIAL = ("RA", "DEC", "GLON", "GLAT", "ELON", "ELAT", "SLIT", "POS", "OFFSET", "ANGLE", "DIST")
_SPATIAL_UNITS = ("deg", "arcsec", "arcmin")


class Candidate(NamedTuple):
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
    """Whether an HDU holds an image with an axis that has a value and a step, or a line of wavelengths."""
    return hdu.is_image and (
        any(
            hdu.header.number(f"CRVAL{number}") is not None
            and any(hdu.header.number(keyword) for keyword in step_keywords(number))
            for number in range(1, len(hdu.shape) + 1)
        )
        or _has_wavelengths(hdu)
    )


def _has_wavelengths(hdu: Hdu) -> bool:
    """Whether the texts of the bands of an image say that one of them holds the wavelengths."""
    try:
        roles = band_roles(hdu.header, hdu.shape[0]) if 1 < hdu.shape[0] <= _MOST_BANDS else None
    except ReadError:
        return False
    return roles is not None and roles.wavelength is not None


def no_axis() -> ReadError:
    """Return the reason of a file none of whose images has a spectral axis."""
    return ReadError(
        "none of its images has a spectral axis (CRVAL1 with CDELT1 or CD1_1)", Fault.NO_SPECTRUM
    )


def line_count(hdu: Hdu, number: int) -> int:
    """Return the number of lines of an image.

    Parameters
    ----------
    hdu
        The image.
    number
        Of its spectral axis, from 1.

    Raises
    ------
    ReadError
        When they are positions on the sky, or too many.
    """
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


def candidates(file: FitsFile) -> tuple[list[Candidate], list[ReadError]]:
    """Choose among the images: those named as a flux, then those without a telling name.

    Images on the same axis are planes of one spectrum: the first of them is taken. Images on different axes
    (arms, orders), or of one name and different numbers (SCI of EXTVER 1 and 2, SPEC1 and SPEC2), are spectra
    of their own; the faults are of those that are lines of pixels like them.

    Parameters
    ----------
    file
        The whole file.

    Raises
    ------
    ReadError
        When none is a spectrum: the fault of the first that might have been one.
    """
    found: list[Candidate] = []
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
        raise fault or file.fault or no_axis()
    best = min(one.rank for one in found)
    likely = [one for one in found if one.rank == best]
    names = Counter(_NUMBERS.sub("", one.hdu.name) for one in likely)
    chosen: dict[tuple[float, ...], Candidate] = {}
    for one in likely:
        name = _NUMBERS.sub("", one.hdu.name)
        numbered = one.hdu.index if name and names[name] > 1 else 0
        chosen.setdefault((*one.place, numbered), one)
    return list(chosen.values()), [error for rank, error in faults if rank == best]


def _described(file: FitsFile, hdu: Hdu, rank: int) -> Candidate:
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
    fibres = fibres_of(file, line_count(hdu, number))
    lines = image_lines(hdu.header, hdu.shape_across(number), described=fibres is not None)
    if fault is not None and any(one.wavelength is None for one in lines):
        raise fault
    return Candidate(hdu, number, axis, lines, rank)


def _rank(hdu: Hdu, role: Role | None) -> int:
    """Return how likely an image is the flux by its name, 0 most."""
    return (0 if role is Role.FLUX else 10 if hdu.name else 5) + flux_rank(hdu.name)
