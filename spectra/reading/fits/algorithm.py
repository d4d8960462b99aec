"""Axes that are linear in another quantity: -LOG, -F2W, -W2F … of FITS paper III, computed by wcslib."""

from __future__ import annotations

import warnings

import numpy as np

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.spectrum import FloatArray


def computed_axis(
    code: str, unit: str, reference: tuple[float, float, float], n: int, *, rest: float | None
) -> FloatArray:
    """Evaluate a non-linear spectral axis at all its pixels (FITS paper III, sections 3 and 4).

    Parameters
    ----------
    code
        CTYPE: "WAVE-LOG", "VOPT-F2W" …
    unit
        SI unit of the code, "" for a number.
    reference
        CRVAL and step, in that unit, and CRPIX.
    n
        Number of pixels.
    rest
        Rest wavelength in Å, for velocities.

    Returns
    -------
    FloatArray
        Shape (n,), in `unit`.

    Raises
    ------
    ReadError
        When wcslib does not accept the axis.
    """
    from astropy.wcs import WCS  # noqa: PLC0415 - takes long to load; few files have such an axis

    value, step, pixel = reference
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            world = WCS(naxis=1)
            world.wcs.ctype = [code]
            world.wcs.cunit = [unit]
            world.wcs.crval, world.wcs.cdelt, world.wcs.crpix = [value], [step], [pixel]
            if rest is not None:
                world.wcs.restwav = rest * 1e-10
            world.wcs.set()
            found = world.wcs_pix2world(np.arange(1.0, n + 1.0), 1)[0]
        except Exception as error:
            reason = " ".join(str(error).split())[:160]
            raise ReadError(
                f"its spectral axis {code} cannot be computed ({reason})", Fault.BAD_AXIS
            ) from error
    return np.asarray(found, dtype=np.float64)
