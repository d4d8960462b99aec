from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.run import Run
from spectra import Batch, FeatureSet, FeatureSetWriter, Source

CLASSES = ("absorption", "emission", "double")


def profiles(count: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, list[str | None]]:
    """Make Hα profiles of three kinds: wavelength, flux (count, 60), classes (every seventh unknown)."""
    generator = np.random.default_rng(seed)
    wavelength = np.linspace(6519.0, 6732.0, 60)
    kind = generator.integers(0, 3, count)
    width = generator.uniform(5.0, 8.0, (count, 1))
    line = np.exp(-0.5 * ((wavelength - 6564.6) / width) ** 2)
    core = np.exp(-0.5 * ((wavelength - 6564.6) / (0.5 * width)) ** 2)
    flux = 1 + np.array([-0.6, 0.9, 0.9])[kind, None] * line - 0.8 * (kind == 2)[:, None] * core
    flux += generator.normal(0, 0.02, flux.shape)
    labels = [CLASSES[k] if row % 7 else None for row, k in enumerate(kind)]
    return wavelength, flux.astype(np.float32), labels


def batch_of(wavelength: np.ndarray | None, flux: np.ndarray, labels: list[str | None]) -> Batch:
    count = len(flux)
    names = [f"star {row}" for row in range(count)]
    return Batch(
        flux, wavelength, names, labels, [None] * count, [Source(f"{row}.fits") for row in range(count)]
    )


def write(
    path: Path, wavelength: np.ndarray | None, flux: np.ndarray, labels: list[str | None]
) -> FeatureSet:
    with FeatureSetWriter(path, wavelength=wavelength) as writer:
        writer.write(batch_of(wavelength, flux, labels))
    return FeatureSet.open(path)


@pytest.fixture
def features(tmp_path: Path) -> Iterator[FeatureSet]:
    """300 profiles; the last one is unlike all others."""
    wavelength, flux, labels = profiles()
    flux[-1] = np.random.default_rng(9).normal(1, 0.8, 60)
    opened = write(tmp_path / "features.parquet", wavelength, flux, labels)
    yield opened
    opened.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Run(tmp_path / "out") as opened:
        yield opened
