"""IRAF multispec images: each row a spectrum (an echelle order) with coordinates of its own in WAT2_nnn.

The bands of IRAF's `apall` are told by BANDIDn: one is the spectrum, one may be its sigma. Without texts the
first band is the spectrum.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.axis import rest_wavelength
from spectra.reading.fits.describe import frame_said, header_meta
from spectra.reading.fits.dispersion import dispersion
from spectra.reading.fits_file.header import Header
from spectra.reading.fits_file.structure import FitsFile
from spectra.reading.grid import AIR
from spectra.reading.planes.bands import band_roles
from spectra.reading.planes.errors import Errors, weighed
from spectra.reading.read_error import ReadError
from spectra.reading.units.meaning import Rule, Said, axis_meaning
from spectra.spectrum import ErrorSource, FloatArray, Spectrum

_COORDINATES = re.compile(r'spec(\d+)\s*=\s*"([^"]*)"')
_UNITS = re.compile(r"units=\"?([^\s\"]+)")
_IRAF = Rule("IRAF calibrates in air", frame=AIR, certain=False)


def is_multispec(file: FitsFile) -> bool:
    """Whether the primary image has multispec coordinates."""
    header = file.primary.header
    said = header.text("CTYPE1").upper().startswith("MULTISPE") or "system=multispec" in header.text(
        "WAT0_001"
    )
    return file.primary.is_image and said


def read_multispec(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per order.

    Raises
    ------
    ReadError
        When the header holds no multispec coordinates.
    """
    file = content.fits
    header = file.primary.header
    coordinates = order_coordinates(header)
    bands = order_bands(file)
    roles = band_roles(header, len(bands)) if len(bands) > 1 else None
    errors = None
    if roles is not None and roles.error is not None:
        errors = Errors(ErrorSource(f"band {roles.error + 1}", roles.kind), bands[roles.error])
    units, frame = _units(header), frame_said(header)
    pixels = physical_pixels(header, bands.shape[-1])
    for row, flux in enumerate(bands[0 if roles is None else roles.flux]):
        source = content.source(None, row)
        meta = header_meta((header,), source, f"{content.stem}:{row}", unit="", frame="")
        try:
            values = dispersion(coordinates[row + 1], pixels) if row + 1 in coordinates else None
            if values is None:
                raise ReadError("the order has no wavelength calibration", Fault.NO_SPECTRUM)
            meaning = axis_meaning(units=units, frame=frame, rules=[_IRAF], values=values)
            known = meaning.provenance("multispec coordinates WAT2", (0, file.primary.name))
            ivar, meta, known = weighed(errors, row, flux.shape, meta, known)
            axis = Axis(values, meaning.unit, meaning.frame, rest_wavelength(header))
            yield assemble(axis, flux, meta, ivar=ivar, provenance=known)
        except ReadError as error:
            yield error.within(f"order {row}")


def order_coordinates(header: Header) -> dict[int, str]:
    """Return the coordinates of each order, counted from 1 as IRAF does.

    Raises
    ------
    ReadError
        When there are none.
    """
    found = {int(number): text for number, text in _COORDINATES.findall(header.joined("WAT2"))}
    if not found:
        raise ReadError(
            "its header is said to be multispec and holds no coordinates (WAT2_001 …)", Fault.NO_SPECTRUM
        )
    return found


def order_bands(file: FitsFile) -> FloatArray:
    """Return the pixels of a multispec image.

    Parameters
    ----------
    file : FitsFile
        The FITS file.

    Returns
    -------
    ndarray
        Shape (bands, orders, n), float64.

    Raises
    ------
    ReadError
        If the image has more than 3 axes.
    """
    image = file.primary.image()
    if image.ndim > 3:
        raise ReadError(f"its image has {image.ndim} axes, multispec has at most 3")
    return image.reshape((1,) * (3 - image.ndim) + image.shape)


def physical_pixels(header: Header, n: int) -> FloatArray:
    """Return the physical coordinate of each pixel of an image section.

    Parameters
    ----------
    header : Header
        The FITS header, with ``LTM1_1`` and ``LTV1``.
    n : int
        Number of pixels.

    Returns
    -------
    ndarray
        (i − LTV1) / LTM1_1 for i = 1 … n, shape (`n`,).
    """
    scale, offset = header.number("LTM1_1") or 1.0, header.number("LTV1") or 0.0
    return (np.arange(1.0, n + 1.0) - offset) / scale


def _units(header: Header) -> list[Said]:
    match = _UNITS.search(header.joined("WAT1"))
    return [Said(match[1] if match else "", "WAT1 units"), Said(header.text("CUNIT1"), "CUNIT1")]
