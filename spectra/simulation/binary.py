"""A synthetic double-lined binary around Hα, for demonstrations and tests. It is never called anything else.

Two stars with lines of their own on an eccentric orbit; every epoch is a file with the time of its middle.
The truth stands in the README beside them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from astropy.io import fits

from spectra.spectrum import FloatArray
from spectra.synthetic import H_ALPHA, LIGHT_SPEED
from spectra.synthetic_marker import mark_synthetic

#: Period (d), time of periastron (BJD), eccentricity, ω (rad), K1 and K2 (km/s).
PERIOD, PERIASTRON, ECCENTRICITY, OMEGA, K1, K2 = 5.71, 2460001.25, 0.18, 0.9, 78.0, 112.0
#: Shares of the stars in the light.
LIGHT = (0.64, 0.36)
_README = f"""These spectra are SYNTHETIC: made by a generator (spectra.simulation.binary), not observed.
A binary of two stars: P = {PERIOD} d, T0 = BJD {PERIASTRON}, e = {ECCENTRICITY},
omega = {np.degrees(OMEGA):.2f} deg, K1 = {K1} km/s, K2 = {K2} km/s, light {LIGHT[0]} : {LIGHT[1]}.
"""


def velocities(times: FloatArray) -> FloatArray:
    """Return the velocities of both stars in km/s, shape (2, epochs), at times in BJD, shape (epochs,).

    Parameters
    ----------
    times : ndarray
        BJD, shape (epochs,).

    Returns
    -------
    ndarray
        km/s, shape (2, epochs).
    """
    mean = 2.0 * np.pi * np.remainder((times - PERIASTRON) / PERIOD, 1.0)
    anomaly = mean.copy()
    for _ in range(30):
        anomaly = mean + ECCENTRICITY * np.sin(anomaly)
    true = 2.0 * np.arctan(np.sqrt((1.0 + ECCENTRICITY) / (1.0 - ECCENTRICITY)) * np.tan(anomaly / 2.0))
    shape = np.cos(true + OMEGA) + ECCENTRICITY * np.cos(OMEGA)
    return np.stack([K1 * shape, -K2 * shape])


def component(star: int, wavelength: FloatArray) -> FloatArray:
    """Return the normalised flux of a star at rest.

    Parameters
    ----------
    star : int
        0 or 1.
    wavelength : ndarray
        Å in vacuum, shape (n,).
    """
    random = np.random.default_rng(17 + star)
    flux = 1.0 - (0.55 - 0.2 * star) * np.exp(-0.5 * ((wavelength - H_ALPHA) / (3.2 - 1.2 * star)) ** 2)
    for centre in random.uniform(6300.0, 6800.0, 70 + 50 * star):
        width = random.uniform(0.35, 0.8)
        flux -= random.uniform(0.03, 0.3) * np.exp(-0.5 * ((wavelength - centre) / width) ** 2)
    return np.asarray(flux)


def write_binary(folder: Path, epochs: int = 16, *, seed: int = 0, snr: float = 100.0) -> None:
    """Write the epochs as two-column FITS tables, with a note that they are synthetic.

    Parameters
    ----------
    folder
        Made where it is missing.
    epochs, seed
        How many; the same seed gives the same spectra.
    snr
        Signal-to-noise ratio per pixel.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark_synthetic(folder, _README)
    random = np.random.default_rng(seed)
    times = np.sort(PERIASTRON + random.uniform(0.0, 60.0, epochs))
    grid = np.arange(6430.0, 6700.0, 0.2)
    for number, (time, moved) in enumerate(zip(times, velocities(times).T, strict=True)):
        stars = [component(star, grid / (1.0 + moved[star] / LIGHT_SPEED)) for star in (0, 1)]
        flux = LIGHT[0] * stars[0] + LIGHT[1] * stars[1] + random.normal(0.0, 1.0 / snr, len(grid))
        columns = [
            fits.Column("WAVELENGTH", "D", unit="Angstrom", array=grid),
            fits.Column("FLUX", "E", array=flux),
        ]
        table = fits.BinTableHDU.from_columns(columns)
        table.header["OBJECT"] = "synthetic binary"
        table.header["AIRORVAC"] = "vac"
        table.header["BJD"] = (time, "middle of the exposure")
        table.header["SYNTHET"] = (True, "made by a generator, not observed")
        table.writeto(folder / f"epoch-{number:03d}.fits", overwrite=True)
