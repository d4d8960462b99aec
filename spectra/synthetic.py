"""Synthetic Hα spectra for demonstrations and tests without real ones. They are never called anything
else.

Three classes: ``absorption`` (a star without a disc), ``emission`` and ``double peak`` (stars with a disc
seen nearly pole-on and inclined). The disc is that of Huang (1972, ApJ 171, 549): optically thin gas on
Keplerian orbits, emissivity ∝ r^(−3/2…−5/2) between the star and an outer radius; its double peak is half as
far apart as the lines of the outermost gas. On top come an intrinsic absorption line, a sloping continuum,
the radial velocity, the instrument's resolution and noise.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from spectra.spectrum import FloatArray, Source, Spectrum, SpectrumMeta
from spectra.synthetic_marker import mark_synthetic

CLASSES = ("absorption", "emission", "double peak")
H_ALPHA = 6564.614
"""Å in vacuum (NIST)."""
LIGHT_SPEED = 299792.458
"""km/s."""
VISITS = 2
"""Spectra of each star: same object, other velocity and noise."""
_VELOCITY_STEP = 10.0  # km/s, of the grid that profiles are computed on: far finer than any resolution here
_README = """These spectra are SYNTHETIC: made by a generator (spectra.synthetic), not observed.
Classes: absorption, emission, double peak (see labels.csv). Flux in arbitrary units, wavelength in vacuum,
Angstrom.
"""


def generate(count: int, *, seed: int = 0, points: int = 450) -> Iterator[Spectrum]:
    """Make spectra, the classes in turn.

    Parameters
    ----------
    count
        How many.
    seed
        The same seed gives the same spectra, whatever the count.
    points
        Pixels between 6480 and 6770 Å.

    Yields
    ------
    Spectrum
        With label, group (the star) and inverse variance; ``meta.extra["synthetic"]`` is True.
    """
    grid = np.linspace(6480.0, 6770.0, points)
    profile: FloatArray = np.zeros(0)
    for number in range(count):
        star = number // VISITS
        label = CLASSES[star % len(CLASSES)]
        if number % VISITS == 0:
            profile = _profile(label, np.random.default_rng([seed, 0, star]))
        meta = SpectrumMeta(
            name=f"synthetic-{number:06d}",
            label=label,
            group=f"synthetic-star-{star:05d}",
            unit="Angstrom",
            frame="vacuum",
            source=Source(f"synthetic-{number:06d}"),
        )
        yield _observe(profile, meta, grid, np.random.default_rng([seed, 1, number]))


def write_folder(folder: Path, count: int, *, seed: int = 0) -> None:
    """Write spectra as two-column FITS tables, with a note that they are synthetic.

    Beside them lies `labels.csv` (``path,name,label,group``), which serves as a manifest.

    Parameters
    ----------
    folder
        Made where it is missing.
    count, seed
        As for `generate`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark_synthetic(folder, _README)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        labels = csv.writer(file)
        labels.writerow(["path", "name", "label", "group"])
        for spectrum in generate(count, seed=seed):
            name = f"{spectrum.meta.name}.fits"
            _table(spectrum).writeto(folder / name, overwrite=True)
            labels.writerow([name, spectrum.meta.name, spectrum.meta.label, spectrum.meta.group])


def disc_profile(
    velocity: FloatArray, outer_velocity: float, inner_velocity: float, slope: float
) -> FloatArray:
    """Return the line profile of a thin Keplerian disc (Huang 1972), its peak 1.

    Parameters
    ----------
    velocity
        km/s, shape (n,).
    outer_velocity, inner_velocity
        Projected orbital velocities v sin i at the outer and at the inner edge, km/s; the peaks are at ± the
        outer.
    slope
        Emissivity ∝ r^−slope.

    Returns
    -------
    FloatArray
        Shape (n,). A ring of projected velocity w gives 1/√(w² − v²) at |v| < w; with w ∝ r^(−1/2) rings
        weigh r^(1 − slope) dr ∝ w^(2 slope − 5) dw.
    """
    rings = np.geomspace(outer_velocity, inner_velocity, 100)
    weight = rings ** (2.0 * slope - 5.0) * np.gradient(rings)
    # Over a velocity bin, a ring's profile integrates to a difference of arcsines: exact at its singular
    # edge.
    half = 0.5 * (velocity[1] - velocity[0])
    upper = np.arcsin(np.clip((velocity[:, None] + half) / rings, -1.0, 1.0))
    lower = np.arcsin(np.clip((velocity[:, None] - half) / rings, -1.0, 1.0))
    profile: FloatArray = (upper - lower) @ weight
    return np.asarray(profile / profile.max())


def _velocities() -> FloatArray:
    return np.arange(-4000.0, 4000.0 + _VELOCITY_STEP, _VELOCITY_STEP)


def _profile(label: str, random: np.random.Generator) -> FloatArray:
    """Return the normalised flux of a star over `_velocities`."""
    velocity = _velocities()
    width = random.uniform(120.0, 400.0)
    wings = random.uniform(500.0, 900.0)
    depth = random.uniform(0.3, 0.6)
    absorption = depth * np.exp(-0.5 * (velocity / width) ** 2)
    absorption += 0.15 * depth / (1.0 + (velocity / wings) ** 2)
    flux = 1.0 - absorption
    if label == "emission":
        # Nearly pole-on: the peaks are closer than what the instrument and turbulence leave apart.
        outer = random.uniform(10.0, 30.0)
        blur = random.uniform(80.0, 140.0)
    elif label == "double peak":
        outer = random.uniform(130.0, 260.0)
        blur = random.uniform(20.0, 40.0)
    else:
        return flux
    disc = disc_profile(velocity, outer, outer * random.uniform(2.5, 4.0), random.uniform(1.5, 2.5))
    turbulent = _smoothed(disc, blur)
    # The disc outshines the photosphere's line: what is fainter would be a class of its own.
    strength = depth + random.uniform(0.3, 3.0)
    return np.asarray(flux + strength * turbulent / turbulent.max())


def _smoothed(flux: FloatArray, sigma: float) -> FloatArray:
    """Convolve with a Gaussian of so many km/s; beyond the ends the flux stays what it is there."""
    reach = int(np.ceil(4.0 * sigma / _VELOCITY_STEP))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) * _VELOCITY_STEP / sigma) ** 2)
    return np.convolve(np.pad(flux, reach, mode="edge"), kernel / kernel.sum(), mode="valid")


def _observe(
    profile: FloatArray, meta: SpectrumMeta, grid: FloatArray, random: np.random.Generator
) -> Spectrum:
    """Return the spectrum of one visit: with velocity, resolution, slope, brightness and noise."""
    resolution = random.uniform(1500.0, 2500.0)
    radial_velocity = random.normal(0.0, 40.0)
    sharp = _smoothed(profile, LIGHT_SPEED / resolution / 2.3548)
    velocity = (grid / H_ALPHA - 1.0) * LIGHT_SPEED - radial_velocity
    tilt = 1.0 + random.normal(0.0, 0.2) * (grid - grid.mean()) / np.ptp(grid)
    clean = np.interp(velocity, _velocities(), sharp) * tilt * 10.0 ** random.uniform(1.0, 4.0)
    signal_to_noise = 10.0 ** random.uniform(1.2, 2.2)
    sigma = np.median(clean) / signal_to_noise
    extra = {
        "synthetic": True,
        "rv": float(radial_velocity),
        "resolution": float(resolution),
        "snr": float(signal_to_noise),
    }
    flux = clean + random.normal(0.0, sigma, len(grid))
    return Spectrum(grid, flux, np.full_like(grid, 1.0 / sigma**2), None, replace(meta, extra=extra))


def _table(spectrum: Spectrum) -> fits.BinTableHDU:
    table = fits.BinTableHDU.from_columns(
        [
            fits.Column("WAVELENGTH", "D", unit="Angstrom", array=spectrum.wavelength),
            fits.Column("FLUX", "E", array=spectrum.flux),
        ]
    )
    table.header["OBJECT"] = spectrum.meta.group
    table.header["AIRORVAC"] = "vac"
    table.header["SYNTHET"] = (True, "made by a generator, not observed")
    return table
