"""A small synthetic binary: composites with a known orbit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from deepaas_plugins.contract.run import Run
from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.disentangling import plugin
from deepaas_plugins.methods.disentangling.orbit.velocities import velocities
from deepaas_plugins.methods.disentangling.solvers.composites import Composites
from deepaas_plugins.methods.disentangling.solvers.log_grid import LIGHT_SPEED, LogGrid
from spectra import Batch, FeatureSet, FeatureSetWriter, Source
from spectra.batch import Observations
from spectra.observation.moment import Moment
from spectra.observation.times import Times

METHOD = plugin.method
GRID = LogGrid(float(np.log(6450.0)), 30.0 / LIGHT_SPEED, 400)
ELEMENTS = {
    "period": 6.3,
    "periastron": 2459003.0,
    "eccentricity": 0.2,
    "omega": 60.0,
    "k1": 90.0,
    "k2": 130.0,
}
TIMES = 2459000.0 + np.sort(np.random.default_rng(3).uniform(0.0, 40.0, 12))
LIGHT = (0.6, 0.4)
#: Trainings that end within a second.
QUICK: dict[str, Any] = {"search": "local", "bootstrap": 0, "map_points": 0, "light": list(LIGHT)}


def star(number: int, logarithm: np.ndarray) -> np.ndarray:
    """Return the normalised flux of a star at rest; `logarithm` of wavelengths."""
    random = np.random.default_rng(40 + number)
    flux = np.ones_like(logarithm)
    for place in random.uniform(GRID.start + 0.002, GRID.start + GRID.step * GRID.size - 0.002, 14):
        width = random.uniform(60.0, 110.0) / LIGHT_SPEED
        flux -= random.uniform(0.1, 0.5) * np.exp(-0.5 * ((logarithm - place) / width) ** 2)
    return flux


def composites(
    moved: np.ndarray, light: Sequence[Any] = LIGHT, snr: float | None = None, seed: int = 0
) -> np.ndarray:
    """Return fluxes of shape (epochs, points) of stars that move by km/s, shape (stars, epochs)."""
    logarithm = np.log(GRID.wavelength)
    flux = np.zeros((moved.shape[1], GRID.size))
    for number, (line, share) in enumerate(zip(moved, light, strict=True)):
        for epoch, velocity in enumerate(line):
            weight = np.broadcast_to(share, moved.shape[1])[epoch]
            flux[epoch] += weight * star(number, logarithm - np.log1p(velocity / LIGHT_SPEED))
    if snr is not None:
        flux += np.random.default_rng(seed).normal(0.0, 1.0 / snr, flux.shape)
    return flux


def moved(
    elements: dict[str, float] = ELEMENTS, times: np.ndarray = TIMES, system: str = "SB2"
) -> np.ndarray:
    """Return the true velocities, km/s."""
    return velocities(system, elements, times)


def problem_of(flux: np.ndarray, sigma: float = 1e-4) -> Composites:
    """Return composites whose pixels weigh the same."""
    return Composites(GRID, flux - 1.0, np.full(flux.shape, sigma**-2.0))


def write(
    path: Path,
    flux: np.ndarray,
    times: np.ndarray | None = TIMES,
    *,
    systems: Sequence[str] | str = "BJD",
    labels: list[str | None] | None = None,
    groups: list[str | None] | None = None,
    earth: np.ndarray | None = None,
    wavelength: np.ndarray | None = None,
) -> FeatureSet:
    """Write a feature set of epochs."""
    rows = len(flux)
    told = [systems] * rows if isinstance(systems, str) else list(systems)
    moments: list[Moment | None] = [None] * rows
    if times is not None:
        speeds = [None] * rows if earth is None else earth.tolist()
        moments = [
            Moment(float(time), system, "BJD", True, None, speed)
            for time, system, speed in zip(times, told, speeds, strict=True)
        ]
    unknown = Observations.unknown(rows)
    grid = GRID.wavelength if wavelength is None else wavelength
    batch = Batch(
        flux=flux.astype(np.float32),
        wavelength=grid,
        names=[f"epoch-{row}" for row in range(rows)],
        labels=labels or [None] * rows,
        groups=groups or ["star"] * rows,
        sources=[Source(f"epoch-{row}.fits") for row in range(rows)],
        observations=Observations(unknown.numbers, unknown.instruments, Times.of(moments)),
    )
    with FeatureSetWriter(path, wavelength=grid) as writer:
        writer.write(batch)
    return FeatureSet.open(path)


def train(run: Run, features: FeatureSet, **given: Any) -> Any:
    """Train with quick parameters, changed by those given."""
    return METHOD.train(features, load_parameters(METHOD.train_schema, {**QUICK, **given}), run)


def near(**changes: Any) -> dict[str, Any]:
    """Return elements near the true ones, where a local fit starts."""
    return {
        "period": 6.29, "periastron": 2459002.8, "eccentricity": 0.15, "omega": 50.0, "k1": 85.0, "k2": 125.0,
        **changes,
    }  # fmt: skip
