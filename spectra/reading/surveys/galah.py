"""GALAH: spectra of one HERMES camera. Air.

Data releases 2 and 3 (https://docs.datacentral.org.au/galah/dr3/galah-dr3-spectra): the primary image is the
unnormalised spectrum on a linear axis in Å, HDU 1 (``input_sigma``) its relative error, HDU 2 and 3 the same
without subtraction of the sky, HDU 4 the normalised spectrum. In the format before (``normalised_sigma``
among the HDUs) the errors are absolute. Release 4 (https://www.galah-survey.org/dr4/the_spectra): the same
primary image, then ``normalized``, ``relative_error``, ``sky`` and others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from spectra.reading.assemble import assemble, ivar_of_error
from spectra.reading.content import Content
from spectra.reading.fits.axis import image_axis
from spectra.reading.fits.describe import header_meta
from spectra.reading.fits.keywords import known, put
from spectra.reading.fits_file.structure import FitsFile, Hdu
from spectra.reading.grid import AIR
from spectra.reading.units.meaning import Rule
from spectra.spectrum import ErrorSource, FloatArray, Spectrum

_SIGMAS = ("INPUT_SIGMA", "RELATIVE_ERROR")
_CAMERAS = {1: "blue", 2: "green", 3: "red", 4: "infrared"}
_MODEL = Rule("the data model of GALAH", "Angstrom", AIR, reach=(4700.0, 7900.0))
_OWN_NAME = 16
"""Characters of a file's name: sobject_id (15 digits) and camera."""


def is_galah(file: FitsFile) -> bool:
    """Whether the primary image is a spectrum of GALAH."""
    primary = file.primary
    named = (
        any(file.named(name) is not None for name in _SIGMAS)
        or "GALAH" in primary.header.text("ORIGIN").upper()
    )
    return (
        named and primary.is_image and len(primary.shape) == 1 and primary.header.number("CRVAL1") is not None
    )


def read_galah(content: Content) -> Iterator[Spectrum]:
    """Read the unnormalised spectrum.

    Raises
    ------
    ReadError
        When its header lacks the axis.
    """
    file = content.fits
    header, flux = file.primary.header, file.primary.image()
    axis = image_axis(header, (_MODEL,))
    errors, sigma = _errors(file)
    place = "" if sigma is None else f"HDU {sigma.index}"
    relative = file.named("NORMALISED_SIGMA") is None
    if errors is not None:
        errors = np.abs(flux) * errors if relative else errors
    provenance = replace(
        axis.meaning.provenance(axis.source, (0, file.primary.name)),
        errors=None if sigma is None else ErrorSource(f"{place}, relative" if relative else place, "sigma"),
    )  # fmt: skip
    meta = header_meta((header,), content.source(), content.stem, unit="", frame="")
    stem = content.stem
    star = stem[: _OWN_NAME - 1] if len(stem) == _OWN_NAME and stem.isdigit() else None
    extra = dict(meta.extra) | {"survey": "GALAH"}
    put(
        extra,
        sobject_id=star,
        camera=_CAMERAS.get(int(stem[-1])) if star else None,
        gaia_source_id=known(header.text("GAIA_ID")),
        radial_velocity=header.number("RV") or header.number("RVCOM"),
    )
    yield assemble(
        axis.axis(len(flux)),
        flux,
        replace(meta, group=meta.group or star, extra=extra),
        ivar=None if errors is None else ivar_of_error(errors),
        provenance=provenance,
    )


def _errors(file: FitsFile) -> tuple[FloatArray | None, Hdu | None]:
    hdu = next((hdu for name in _SIGMAS if (hdu := file.named(name)) is not None), None)
    if hdu is None and len(file.hdus) > 1 and not file.hdus[1].name:
        hdu = file.hdus[1]
    if hdu is None or not hdu.is_image or hdu.shape != file.primary.shape:
        return None, None
    values = hdu.image()
    return (values, hdu) if (values > 0.0).any() else (None, None)
