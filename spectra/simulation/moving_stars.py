"""Synthetic stars of known radial velocity, for demonstrations and tests; never called anything else."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from spectra.simulation import stars
from spectra.spectrum import FloatArray
from spectra.synthetic import LIGHT_SPEED
from spectra.synthetic_marker import mark_synthetic

_README = """These spectra are SYNTHETIC: made by a generator (spectra.simulation.moving_stars), not observed.
The label of each is its radial velocity in km/s. Wavelength in vacuum, Angstrom.
"""


def moving_star(
    wavelength: FloatArray,
    temperature: float,
    velocity: float,
    *,
    vsini: float = 20.0,
    resolution: float = 2000.0,
) -> FloatArray:
    """Return the flux of a star over its continuum, at a radial velocity.

    Parameters
    ----------
    wavelength : ndarray
        Å in vacuum, shape (points,).
    temperature : float
        K.
    velocity : float
        km/s, receding.
    vsini : float
        Of its rotation, km/s.
    resolution : float
        Resolving power of the instrument.

    Returns
    -------
    ndarray
        Shape (points,).
    """
    fine = stars.fine_grid(float(wavelength[0]), float(wavelength[-1]))
    flux = stars.at_resolution(stars.normalised(fine, temperature, vsini), resolution)
    return np.asarray(np.interp(wavelength / (1.0 + velocity / LIGHT_SPEED), fine, flux))


def write_stars(folder: Path, count: int, *, seed: int = 0, snr: float = 50.0) -> None:
    """Write stars of random temperature and velocity as a NumPy archive, with a note that they are synthetic.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    count : int
        How many; their labels are their velocities.
    seed : int
        The same seed gives the same spectra.
    snr : float
        Signal-to-noise ratio per pixel.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark_synthetic(folder, _README)
    random = np.random.default_rng(seed)
    wavelength = np.linspace(3950.0, 6850.0, 2600)
    velocities = np.round(random.uniform(-300.0, 300.0, count), 1)
    temperatures = np.exp(random.uniform(np.log(4000.0), np.log(20_000.0), count))
    flux = np.array(
        [moving_star(wavelength, t, v) for t, v in zip(temperatures, velocities, strict=True)]
    ) + random.normal(0.0, 1.0 / snr, (count, len(wavelength)))
    names = [f"synthetic-star-{number:04d}" for number in range(count)]
    np.savez(
        folder / "stars.npz",
        allow_pickle=False,
        wavelength=wavelength,
        flux=flux.astype(np.float32),
        name=np.array(names),
        label=np.array([f"{velocity:.1f}" for velocity in velocities]),
        wavelength_unit=np.array("Angstrom"),
        frame=np.array("vacuum"),
    )
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(["path", "row", "name", "label"])
        rows = zip(names, velocities, strict=True)
        table.writerows(
            ["stars.npz", row, name, f"{velocity:.1f}"] for row, (name, velocity) in enumerate(rows)
        )
