"""Synthetic Hα profiles for the benchmarks of the map: absorption, emission, double peaks, of many widths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from spectra import Batch, FeatureSetWriter, Source

#: Å in vacuum; the window of Škoda, Podsztavek & Tvrdík (2020).
WAVELENGTH = np.linspace(6519.0, 6732.0, 140)
CHUNK = 16_384


def profiles(count: int, generator: np.random.Generator) -> npt.NDArray[np.float32]:
    """Make noisy profiles of the Hα line of Be stars.

    Parameters
    ----------
    count : int
        Number of profiles.
    generator : np.random.Generator
        Source of the random numbers.

    Returns
    -------
    ndarray
        Flux scaled to [−1, 1], shape (`count`, 140), float32.
    """

    def uniform(low: float, high: float) -> npt.NDArray[np.float64]:
        return generator.uniform(low, high, (count, 1))

    centre = 6564.6 + generator.normal(0.0, 2.0, (count, 1))
    width = uniform(3.0, 15.0)
    line = np.exp(-0.5 * ((WAVELENGTH - centre) / width) ** 2)
    core = np.exp(-0.5 * ((WAVELENGTH - centre - uniform(-2.0, 2.0)) / (uniform(0.3, 0.6) * width)) ** 2)
    strength = np.where(generator.random((count, 1)) < 0.5, uniform(-0.8, -0.1), uniform(0.2, 3.0))
    flux = 1.0 + strength * (line - uniform(0.0, 1.0) * core)
    flux += uniform(0.01, 0.1) * generator.normal(size=flux.shape)
    low, high = flux.min(axis=1, keepdims=True), flux.max(axis=1, keepdims=True)
    return np.asarray(2.0 * (flux - low) / (high - low) - 1.0, dtype=np.float32)


def write(path: Path, count: int, seed: int) -> None:
    """Write a feature set of profiles, a chunk at a time.

    Parameters
    ----------
    path : Path
        The Parquet file.
    count : int
        Number of profiles.
    seed : int
        Of the random numbers.
    """
    with FeatureSetWriter(path, wavelength=WAVELENGTH, synthetic=True) as writer:
        for batch in _batches(count, np.random.default_rng(seed)):
            writer.write(batch)


def _batches(count: int, generator: np.random.Generator) -> Iterator[Batch]:
    for start in range(0, count, CHUNK):
        size = min(CHUNK, count - start)
        numbers = range(start, start + size)
        yield Batch(
            profiles(size, generator),
            WAVELENGTH,
            [f"profile {number}" for number in numbers],
            [None] * size,
            [None] * size,
            [Source(f"{number}.fits") for number in numbers],
        )
