"""Images whose rows (or columns) are wavelength, flux and error: Spextool, and arrays saved as they are.

Spextool (Cushing, Vacca & Rayner 2004, PASP 116, 362, 5.4): planes of 3 or 4 rows, wavelength, flux, error,
flags, one plane per order and aperture; XUNITS and YUNITS name the units, wavelengths are in vacuum. Files
from which the header was lost (SpeX Prism Library) are told by their numbers alone: the first row ascends or
descends throughout and is a plausible wavelength. The unit of such an axis is assumed, and marked so.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from spectra.fault import Fault
from spectra.reading.assemble import Axis, assemble
from spectra.reading.content import Content
from spectra.reading.fits.axis_units import keyword_units
from spectra.reading.fits.describe import axis_comments, header_meta, stated_frame
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import VACUUM
from spectra.reading.planes.errors import weights
from spectra.reading.provenance import with_errors
from spectra.reading.read_error import ReadError
from spectra.reading.units import SpectralUnit, required_unit, spectral_unit
from spectra.reading.units.comments import unit_of_comments
from spectra.reading.units.plausible import looks_logarithmic
from spectra.spectrum import FloatArray, Provenance, Spectrum, SpectrumMeta

_ROWS = (2, 3, 4)
_FEWEST = 8
_MOST_PLANES = 1000
_UNIT_KEYWORDS = ("XUNITS", "XUNIT")
_ASSUMED = (("um", 0.3, 30.0), ("Angstrom", 900.0, 3e5))
"""Units, and the span in which an axis without any is taken to be in them. Between 30 and 900 lies neither
(nm and keV do): such an axis is rejected."""


def is_rows(file: FitsFile) -> bool:
    """Whether the first image holds a wavelength beside its flux, by its header or by its numbers."""
    hdu = _image(file)
    if hdu is None:
        return False
    if any(hdu.header.text(keyword) for keyword in _UNIT_KEYWORDS):
        return True
    if hdu.header.number("CRVAL1") is not None and (
        hdu.header.number("CDELT1") or hdu.header.number("CD1_1")
    ):
        return False
    axis = _planes(hdu)[0][0]
    return _ascends(axis) if spectral_unit(_stated_unit(hdu)[0]) else assumed_unit(axis) is not None


def read_rows(content: Content) -> Iterator[Spectrum | ReadError]:
    """Read one spectrum per plane (order and aperture).

    Raises
    ------
    ReadError
        When no image has such rows, or the unit of its wavelengths is not known.
    """
    file = content.fits
    hdu = _image(file)
    if hdu is None:
        raise ReadError("it has no image of 2 to 4 rows: wavelength, flux, error", Fault.NO_SPECTRUM)
    planes = _planes(hdu)
    known = _provenance(hdu, planes[0])
    unit = required_unit(known.unit)
    for number, plane in enumerate(planes):
        place = number if len(planes) > 1 else None
        meta = _meta(content, file, hdu, place, known)
        ivar = weights(plane[2], "sigma") if len(plane) > 2 else None
        try:
            yield assemble(
                Axis(plane[0], unit, known.frame),
                plane[1],
                meta,
                ivar=ivar,
                provenance=known if ivar is None else with_errors(known, "row 2", "sigma"),
            )
        except ReadError as error:
            yield error if place is None else error.within(f"order {number}")


def _image(file: FitsFile) -> Hdu | None:
    """Return the first image where it has the shape of wavelength, flux and error."""
    hdu = next((hdu for hdu in file.hdus if hdu.is_image), None)
    if hdu is None or len(hdu.shape) not in {2, 3}:
        return None
    short, long = sorted(hdu.shape[-2:])
    planes = hdu.shape[0] if len(hdu.shape) == 3 else 1
    return hdu if short in _ROWS and long >= _FEWEST and 0 < planes <= _MOST_PLANES else None


def _planes(hdu: Hdu) -> FloatArray:
    """Return (planes, rows, n), however the image was turned."""
    image = hdu.image()
    planes = image.reshape((1,) * (3 - image.ndim) + image.shape)
    return planes if planes.shape[1] in _ROWS and planes.shape[2] >= _FEWEST else planes.transpose(0, 2, 1)


def _stated_unit(hdu: Hdu) -> tuple[str, str]:
    """Return the unit that a header states for the first row, and the keyword; empty where none does."""
    words = [(hdu.header.text(keyword), keyword) for keyword in (*_UNIT_KEYWORDS, "CUNIT1")]
    words += keyword_units(hdu.header)
    unit = unit_of_comments(axis_comments(hdu.header))
    words += [] if unit is None else [(unit.name, "a COMMENT card")]
    return next((word for word in words if word[0]), ("", ""))


def _ascends(axis: FloatArray) -> bool:
    """Whether an axis has no turn, in either direction."""
    values = axis[np.isfinite(axis)]
    steps = np.diff(values)
    enough = len(values) >= max(_FEWEST, len(axis) // 2)
    return enough and bool((steps > 0.0).all() or (steps < 0.0).all())


def assumed_unit(axis: FloatArray) -> SpectralUnit | None:
    """Return the unit in which an axis that states none is plausible, or None.

    Parameters
    ----------
    axis
        Shape (n,); one that turns back has none.
    """
    if not _ascends(axis):
        return None
    values = axis[np.isfinite(axis)]
    if values.size < 2:
        return None
    low, high = float(values.min()), float(values.max())
    if looks_logarithmic(low, high):
        return None
    name = next((name for name, least, most in _ASSUMED if least <= low and high <= most), None)
    return None if name is None else required_unit(name)


def _provenance(hdu: Hdu, plane: FloatArray) -> Provenance:
    """Say what the first row is in, and how that is known.

    Raises
    ------
    ReadError
        When the unit is not known.
    """
    text, keyword = _stated_unit(hdu)
    unit = required_unit(text) if text else assumed_unit(plane[0])
    if unit is None:
        raise ReadError(
            "its first row is no plausible wavelength, and XUNITS does not name a unit", Fault.UNKNOWN_UNIT
        )
    frame = stated_frame(hdu.header)
    return Provenance(
        hdu=(hdu.index, hdu.name), axis="row 0", unit=unit.name,
        unit_known_by=keyword or "the span of its values", unit_assumed=not text,
        frame=frame or VACUUM, frame_known_by="the header" if frame else "rule of Spextool",
        frame_assumed=frame is None,
    )  # fmt: skip


def _meta(content: Content, file: FitsFile, hdu: Hdu, place: int | None, known: Provenance) -> SpectrumMeta:
    headers = (hdu.header,) if hdu.index == 0 else (hdu.header, file.primary.header)
    stem = content.stem if place is None else f"{content.stem}:{place}"
    return header_meta(
        headers, content.source(hdu.index or None, place), stem, unit=known.unit, frame=known.frame,
        stated=not known.frame_assumed, flux_unit=hdu.header.text("YUNITS"),
    )  # fmt: skip
