"""From the values of a spectral axis in any unit to Å."""

from __future__ import annotations

from typing import Literal

import numpy as np

from spectra.fault import Fault
from spectra.reading.read_error import ReadError
from spectra.reading.units.unit import LIGHT, PLANCK, SpectralUnit
from spectra.spectrum import FloatArray

Convention = Literal["optical", "radio", "relativistic"]
"""How a velocity stands for a wavelength (FITS paper III, Greisen et al. 2006, A&A 446, 747, table 2)."""


def to_angstrom(
    values: FloatArray, unit: SpectralUnit, rest: float | None = None, convention: Convention = "optical"
) -> FloatArray:
    """Turn values of a spectral axis into Å, in the frame (air or vacuum) that they had.

    Parameters
    ----------
    values
        Shape (n,), in `unit`; logarithms where it says so (of an unnamed base: decimal).
    unit
        Their unit.
    rest
        Rest wavelength in Å: needed by velocities only.
    convention
        Of velocities: optical λ = λ₀ (1 + v/c), radio ν = ν₀ (1 - v/c), relativistic
        λ = λ₀ √((1 + v/c) / (1 - v/c)) (FITS paper III, table 2).

    Returns
    -------
    FloatArray
        Å, shape (n,).

    Raises
    ------
    ReadError
        For velocities without a rest wavelength.
    """
    if unit.logarithm:
        values = np.exp(values) if unit.logarithm == "ln" else 10.0**values
    if unit.kind == "wavelength":
        return values if unit.size == 1e-10 else values * (unit.size * 1e10)
    if unit.kind == "velocity":
        return _of_velocity(values * (unit.size / LIGHT), rest, convention)
    numerator = {"frequency": LIGHT, "energy": PLANCK * LIGHT, "wavenumber": 1.0}[unit.kind] * 1e10
    return numerator / (values * unit.size)


def _of_velocity(beta: FloatArray, rest: float | None, convention: Convention) -> FloatArray:
    if rest is None:
        raise ReadError(
            "its axis is a velocity and the file gives no rest wavelength (RESTWAV, RESTFRQ)",
            Fault.UNKNOWN_UNIT,
        )
    if convention == "radio":
        return rest / (1.0 - beta)
    if convention == "relativistic":
        return np.asarray(rest * np.sqrt((1.0 + beta) / (1.0 - beta)), dtype=np.float64)
    return rest * (1.0 + beta)
