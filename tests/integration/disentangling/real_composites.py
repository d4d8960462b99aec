"""Composites of real stars with a known orbit: spectra of MILES and STELIB, moved, added, with noise."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.interpolate import CubicSpline

from deepaas_plugins.methods.disentangling.orbit.velocities import velocities
from deepaas_plugins.methods.disentangling.solvers.log_grid import LIGHT_SPEED, LogGrid
from spectra import Batch, FeatureSet, FeatureSetWriter, Source, read
from spectra.batch import Observations
from spectra.observation.moment import Moment
from spectra.observation.times import Times

ELEMENTS = {
    "period": 7.3,
    "periastron": 2459002.0,
    "eccentricity": 0.2,
    "omega": 50.0,
    "k1": 90.0,
    "k2": 120.0,
}
OUTER = {
    "outer_period": 90.0, "outer_periastron": 2459020.0, "outer_eccentricity": 0.1, "outer_omega": 30.0,
    "k_pair": 35.0, "k3": 60.0,
}  # fmt: skip


def normalised(wavelength: np.ndarray, flux: np.ndarray) -> np.ndarray:
    """Divide by a polynomial through the upper envelope."""
    x = (wavelength - wavelength.mean()) / np.ptp(wavelength) * 2.0
    keep = np.ones(len(flux), dtype=bool)
    ratio = flux
    for _ in range(12):
        ratio = flux / np.polyval(np.polyfit(x[keep], flux[keep], 6), x)
        scatter = ratio[keep].std()
        keep = (ratio > 1.0 - 0.5 * scatter) & (ratio < 1.0 + 3.0 * scatter)
    return ratio


def miles(data: Path, kind: str, number: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return log wavelength and normalised flux of a star of MILES of an MK class."""
    with (data / "miles" / "labels.csv").open() as file:
        rows = [int(line["row"]) for line in csv.DictReader(file) if line["mk_class"].startswith(kind)]
    archive = np.load(data / "miles" / "miles_matrix.npz")
    wave, flux = archive["wave_air"], archive["flux"][rows[number]]
    inside = (wave > low - 60.0) & (wave < high + 60.0)
    return np.log(wave[inside]), normalised(wave[inside], flux[inside].astype(float))


def stelib(data: Path, number: int, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Return log wavelength and normalised flux of a star of STELIB."""
    files = sorted((data / "stelib").rglob("*.fits*"))
    star = read(files[number])[0]
    inside = (star.wavelength > low - 60.0) & (star.wavelength < high + 60.0)
    return np.log(star.wavelength[inside]), normalised(star.wavelength[inside], star.flux[inside])


@dataclass
class Observed:
    """Epochs of a system of real stars.

    Attributes
    ----------
    stars : sequence
        Log wavelength and flux of each.
    light : sequence
        Share of each, a number or one per epoch.
    """

    stars: Sequence[tuple[np.ndarray, np.ndarray]]
    light: Sequence[float | np.ndarray]
    low: float
    high: float
    epochs: int = 12
    points: int = 1024
    system: str = "SB2"
    elements: dict[str, float] = field(default_factory=lambda: dict(ELEMENTS))
    snr: float | None = None
    telluric: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        self.times = 2459000.0 + np.sort(random.uniform(0.0, 60.0, self.epochs))
        self.grid = LogGrid(
            float(np.log(self.low)), float(np.log(self.high / self.low)) / (self.points - 1), self.points
        )
        axis = np.log(self.grid.wavelength)
        moved = velocities(self.system, self.elements, self.times)
        self.truth = np.stack([CubicSpline(*star)(axis) for star in self.stars])
        self.flux = np.zeros((self.epochs, self.points))
        for line, share, star in zip(moved, self.light, self.stars, strict=True):
            spline = CubicSpline(*star)
            weight = np.broadcast_to(share, self.epochs)
            self.flux += weight[:, None] * spline(axis - np.log1p(line / LIGHT_SPEED)[:, None])
        self.earth = 25.0 * np.sin(np.arange(self.epochs) * 0.7)
        self.tellurics = np.ones(self.epochs)
        if self.telluric:
            self.tellurics = random.uniform(0.6, 1.4, self.epochs)
            self.tellurics /= self.tellurics.mean()
            places, depths = random.uniform(axis[20], axis[-20], 25), random.uniform(0.05, 0.3, 25)
            for epoch in range(self.epochs):
                off = axis - np.log1p(self.earth[epoch] / LIGHT_SPEED)
                lines = np.exp(-0.5 * ((off[:, None] - places) / (70.0 / LIGHT_SPEED)) ** 2) @ depths
                self.flux[epoch] -= self.tellurics[epoch] * lines
        if self.snr:
            self.flux += random.normal(0.0, 1.0 / self.snr, self.flux.shape)

    def features(self, path: Path) -> FeatureSet:
        """Write a feature set of the epochs."""
        numbers = Observations.unknown(self.epochs).numbers
        numbers[:, 4] = self.snr or 1e5
        moments = [
            Moment(float(time), "BJD", "BJD", True, None, float(speed))
            for time, speed in zip(self.times, self.earth, strict=True)
        ]
        batch = Batch(
            flux=self.flux.astype(np.float32),
            wavelength=self.grid.wavelength,
            names=[f"epoch-{number}" for number in range(self.epochs)],
            labels=[None] * self.epochs,
            groups=["star"] * self.epochs,
            sources=[Source(f"epoch-{number}.fits") for number in range(self.epochs)],
            observations=Observations(numbers, [None] * self.epochs, Times.of(moments)),
        )
        with FeatureSetWriter(path, wavelength=self.grid.wavelength) as writer:
            writer.write(batch)
        return FeatureSet.open(path)

    def errors(self, components: np.ndarray) -> np.ndarray:
        """Return the rms error of each star up to a constant, which spectra do not determine."""
        shares = np.array([np.mean(share) for share in self.light])
        found = 1.0 + components[: len(self.stars)] / shares[:, None]
        edge = self.points // 20
        return np.asarray((found - self.truth)[:, edge:-edge].std(axis=1))
