"""Wavelengths in air and in vacuum.

One formula everywhere: the refractive index of standard air (15 °C, 101325 Pa, 0.045 % CO₂) of Birch & Downs
(1994), in the form that the IAU adopted and Morton (2000, ApJS 130, 403, equation 8) and SDSS use::

    n(λ) = 1 + 8.34254e-5 + 2.406147e-2 / (130 - σ²) + 1.5998e-4 / (38.9 - σ²),    σ = 10⁴ Å / λ_vacuum
    λ_air = λ_vacuum / n(λ_vacuum)

By convention, wavelengths below 2000 Å (in air) are always given in vacuum, so they are left as they are.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from spectra.spectrum import FloatArray

SHORTEST_AIR = 2000.0
"""Å; below it "air" wavelengths are vacuum wavelengths by convention."""

_ROUNDS = 4  # each fixed-point round gains four digits (dn/dλ is tiny): the fourth is below double precision


def _index(vacuum: FloatArray) -> FloatArray:
    sigma2 = (1e4 / vacuum) ** 2
    return 1.0 + 8.34254e-5 + 2.406147e-2 / (130.0 - sigma2) + 1.5998e-4 / (38.9 - sigma2)


def _vacuum(air: FloatArray) -> FloatArray:
    vacuum = air
    for _ in range(_ROUNDS):
        vacuum = air * _index(vacuum)
    return vacuum


_SHORTEST_VACUUM = float(_vacuum(np.array([SHORTEST_AIR]))[0])


def air_to_vacuum(wavelength: npt.ArrayLike) -> FloatArray:
    """Return wavelengths in vacuum of wavelengths in standard air.

    Parameters
    ----------
    wavelength
        Å, any shape; positive. Values below 2000 Å are taken to be in vacuum already.

    Returns
    -------
    FloatArray
        Å in vacuum, same shape; the inverse of `vacuum_to_air` to double precision (fixed-point iteration of
        Morton's equation 8, not a fitted inverse).
    """
    air = np.asarray(wavelength, dtype=np.float64)
    long = air >= SHORTEST_AIR
    return np.where(long, _vacuum(np.where(long, air, SHORTEST_AIR)), air)


def vacuum_to_air(wavelength: npt.ArrayLike) -> FloatArray:
    """Return wavelengths in standard air of wavelengths in vacuum.

    Parameters
    ----------
    wavelength
        Å, any shape; positive. Values whose air wavelength would be below 2000 Å are left in vacuum.

    Returns
    -------
    FloatArray
        Å in air, same shape (Morton 2000, equation 8).
    """
    vacuum = np.asarray(wavelength, dtype=np.float64)
    long = vacuum >= _SHORTEST_VACUUM
    return np.where(long, vacuum / _index(np.where(long, vacuum, SHORTEST_AIR)), vacuum)
