"""Simple spectra of stars: a black body with the lines that the temperature lets be seen. They are synthetic.

No atmosphere is computed. A line has its laboratory wavelength and a depth that is a Gaussian in log T about
the temperature at which it is strongest; the widths are of its kind. That is enough to test and to teach
methods, and for velocities where no better templates are at hand; it is no source of stellar parameters.

Wavelengths are those of the NIST Atomic Spectra Database, in air, converted.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from spectra.air import air_to_vacuum
from spectra.simulation.broadening import convolved, gaussian_kernel, rotation_kernel
from spectra.spectrum import FloatArray
from spectra.synthetic import LIGHT_SPEED

#: km/s between points of the grid that stars are made on, even in the logarithm of the wavelength.
STEP = 8.0
#: hc/k in Å K.
_SECOND_RADIATION = 1.438777e8


class _Species(NamedTuple):
    """Lines of one temperature (K), its width in log10, their depth, widths (Å) and wavelengths (Å, air)."""

    temperature: float
    range: float
    depth: float
    sigma: float
    wing: float
    air: tuple[float, ...]


_SPECIES = (
    _Species(9300.0, 0.17, 0.72, 2.2, 9.0, (3797.9, 3835.4, 3889.1, 3970.1, 4101.7, 4340.5, 4861.3, 6562.8)),
    _Species(21000.0, 0.13, 0.30, 1.2, 1.5, (4026.19, 4387.93, 4471.48, 4921.93, 5875.62, 6678.15, 7065.2)),
    _Species(42000.0, 0.12, 0.25, 1.2, 1.5, (4199.83, 4541.59, 4685.7, 5411.5)),
    _Species(12000.0, 0.14, 0.25, 0.7, 0.0, (4128.05, 4130.88, 4481.2, 6347.1, 6371.36)),
    _Species(4700.0, 0.20, 0.85, 2.5, 6.0, (3933.66, 3968.47)),
    _Species(4600.0, 0.18, 0.45, 1.0, 2.0, (8498.02, 8542.09, 8662.14)),
    _Species(4400.0, 0.15, 0.55, 0.9, 2.0, (4226.73, 5167.32, 5172.68, 5183.6)),
    _Species(4000.0, 0.14, 0.55, 0.7, 1.5, (5889.95, 5895.92)),
    _Species(5000.0, 0.13, 0.40, 2.5, 0.0, (4298.0, 4303.0, 4307.9, 4312.0)),
    _Species(6500.0, 0.13, 0.20, 0.5, 0.0, (4233.17, 4549.47, 4583.84, 4923.93, 5018.44, 5169.03, 5316.61)),
    _Species(
        4700.0,
        0.16,
        0.38,
        0.45,
        0.0,
        (
            4045.81, 4063.59, 4071.74, 4143.87, 4250.79, 4260.47, 4271.76, 4325.76, 4383.55, 4404.75, 4415.12,
            4427.31, 4455.48, 4528.61, 4668.13, 4702.99, 4871.32, 4891.49, 4920.5, 4957.6, 5006.12, 5012.07,
            5041.07, 5051.63, 5079.74, 5110.41, 5226.86, 5269.54, 5328.04, 5371.49, 5397.13, 5405.77, 5429.7,
            5446.92, 5455.61, 5528.4, 5615.64, 5709.38, 5857.45, 6102.72, 6122.22, 6136.62, 6162.17, 6191.56,
            6230.72, 6246.32, 6252.56, 6318.02, 6393.6, 6400.0, 6439.08, 6462.57, 6494.98, 6546.24, 6592.91,
            6677.99, 6717.68, 7511.02, 8387.77, 8468.41, 8514.07, 8582.26, 8611.8, 8674.75, 8688.62, 8806.76,
        ),
    ),
)  # fmt: skip
#: Heads of TiO bands, Å in air; they run to the red.
_TIO = (4761.0, 4954.0, 5167.0, 5448.0, 5847.0, 6158.0, 6651.0, 7054.0, 7589.0, 8432.0)
#: Names of classes by their lowest temperature, K.
CLASSES = (
    (30000.0, "O"),
    (10000.0, "B"),
    (7400.0, "A"),
    (6000.0, "F"),
    (5300.0, "G"),
    (3900.0, "K"),
    (0.0, "M"),
)


def class_of(temperature: float) -> str:
    """Return the letter of the spectral class of a temperature in K."""
    return next(name for least, name in CLASSES if temperature >= least)


def fine_grid(minimum: float, maximum: float) -> FloatArray:
    """Return a grid of `STEP` that reaches beyond a range, so that nothing at its ends is lost.

    Parameters
    ----------
    minimum, maximum : float
        Å in vacuum.

    Returns
    -------
    ndarray
        Å in vacuum, even in the logarithm.
    """
    margin = 1.0 + 1500.0 / LIGHT_SPEED
    count = int(np.log(maximum * margin / (minimum / margin)) / np.log1p(STEP / LIGHT_SPEED)) + 1
    return np.asarray(minimum / margin * np.exp(np.arange(count) * np.log1p(STEP / LIGHT_SPEED)))


def normalised(
    wavelength: FloatArray, temperature: float, vsini: float = 0.0, limb_darkening: float = 0.6
) -> FloatArray:
    """Return the flux of a star over its continuum.

    Parameters
    ----------
    wavelength : ndarray
        Of `fine_grid`, Å in vacuum, shape (points,).
    temperature : float
        Effective, K.
    vsini : float
        Projected velocity of rotation, km/s.
    limb_darkening : float
        0 to 1.

    Returns
    -------
    ndarray
        Shape (points,); between 0 and 1.
    """
    depth = np.zeros_like(wavelength)
    for species, lines in zip(_SPECIES, _vacuum(), strict=True):
        away = np.log10(temperature / species.temperature) / species.range
        strength = species.depth * float(np.exp(-0.5 * away**2))
        if strength < 1e-3:
            continue
        for line in lines:
            _add(depth, wavelength, line, strength, species)
    flux = np.exp(-depth) * _bands(wavelength, temperature)
    return convolved(flux, rotation_kernel(vsini, limb_darkening, STEP))


def black_body(wavelength: FloatArray, temperature: float) -> FloatArray:
    """Return Planck's law per wavelength.

    Parameters
    ----------
    wavelength : ndarray
        Å, shape (points,).
    temperature : float
        K.

    Returns
    -------
    ndarray
        Its mean over the grid is 1; shape (points,).
    """
    flux = wavelength**-5.0 / np.expm1(_SECOND_RADIATION / (wavelength * temperature))
    return np.asarray(flux / flux.mean())


def at_resolution(flux: FloatArray, resolution: float) -> FloatArray:
    """Return a spectrum as an instrument sees it.

    Parameters
    ----------
    flux : ndarray
        On `fine_grid`, shape (points,).
    resolution : float
        Resolving power, λ/FWHM.

    Returns
    -------
    ndarray
        Shape (points,).
    """
    return convolved(flux, gaussian_kernel(LIGHT_SPEED / resolution / 2.3548, STEP))


@cache
def _vacuum() -> tuple[FloatArray, ...]:
    return tuple(air_to_vacuum(species.air) for species in _SPECIES)


def _add(depth: FloatArray, wavelength: FloatArray, line: float, strength: float, species: _Species) -> None:
    """Add a line's optical depth where it is above a thousandth of its maximum."""
    reach = max(5.0 * species.sigma, 30.0 * species.wing)
    first, last = np.searchsorted(wavelength, [line - reach, line + reach])
    away = wavelength[first:last] - line
    shape = np.exp(-0.5 * (away / species.sigma) ** 2)
    if species.wing:
        shape = 0.75 * shape + 0.25 / (1.0 + (away / species.wing) ** 2)
    depth[first:last] += -np.log1p(-strength) * shape


def _bands(wavelength: FloatArray, temperature: float) -> FloatArray:
    """Return the transmission of titanium oxide, which cool stars have."""
    strength = float(np.clip((4100.0 - temperature) / 1200.0, 0.0, 1.0))
    found = np.ones_like(wavelength)
    if strength:
        for head in air_to_vacuum(_TIO):
            beyond = wavelength - head
            found -= 0.5 * strength * np.where(beyond > 0, np.exp(-beyond / 90.0), 0.0) * found
    return found
