"""Spectra about Hα with known lines, and a classifier for their grid, learned once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract.schema import load_parameters
from deepaas_plugins.methods.lines import plugin
from deepaas_plugins.methods.lines.measuring import Region
from deepaas_plugins.methods.lines.profiles.classifier import ProfileClassifier
from deepaas_plugins.methods.lines.profiles.injection import inject
from spectra import Batch, FeatureSet, FeatureSetWriter, Recipe, Source

METHOD = plugin.method
GRID = np.linspace(6490.0, 6700.0, 281)
H_ALPHA = 6564.61
KM_S = H_ALPHA / 299_792.458


def gaussian(centre: float, sigma: float, grid: np.ndarray = GRID) -> np.ndarray:
    """Return a Gaussian of unit height; centre in Å, sigma in Å."""
    return np.exp(-0.5 * ((grid - centre) / sigma) ** 2)


#: Deviations from the continuum, of each class but "none".
SHAPES = {
    "absorption": -0.6 * gaussian(H_ALPHA, 4.0),
    "single peak": 1.5 * gaussian(H_ALPHA + 1.0, 4.0),
    "double peak": gaussian(H_ALPHA - 4.0, 2.0) + 0.8 * gaussian(H_ALPHA + 4.0, 2.0),
    "P Cygni": 1.2 * gaussian(H_ALPHA + 3.0, 3.0) - 0.7 * gaussian(H_ALPHA - 7.0, 2.5),
    "inverse P Cygni": 1.2 * gaussian(H_ALPHA - 3.0, 3.0) - 0.7 * gaussian(H_ALPHA + 7.0, 2.5),
    "shell": 0.8 * (gaussian(H_ALPHA - 6.0, 2.5) + gaussian(H_ALPHA + 6.0, 2.5))
    - 0.9 * gaussian(H_ALPHA, 1.5),
}


def parameters(**given: Any) -> dict[str, Any]:
    """Return parameters as the form would send them."""
    return load_parameters(METHOD.train_schema, {"injected": 500, **given})


def spectra_of(shapes: list[np.ndarray], snr: float, seed: int = 0) -> np.ndarray:
    """Return fluxes with a sloping continuum and noise, shape (shapes, columns)."""
    random = np.random.default_rng(seed)
    slope = 5.0 + 0.004 * (GRID - GRID[0])
    flux = np.array([slope * (1.0 + shape) for shape in shapes])
    return (flux + slope / snr * random.standard_normal(flux.shape)).astype(np.float32)


@pytest.fixture(scope="session")
def region() -> Region:
    return Region.of(GRID, parameters())


@pytest.fixture(scope="session")
def classifier(region: Region) -> ProfileClassifier:
    return ProfileClassifier.learn(inject(region.sampling, 2000, 0), 0)


def write(path: Path, flux: np.ndarray, steps: list[dict[str, Any]] | None = None, **more: Any) -> FeatureSet:
    """Write a feature set of spectra on the grid."""
    names = [f"star-{row}" for row in range(len(flux))]
    batch = Batch(
        flux=flux,
        wavelength=GRID,
        names=names,
        labels=more.get("labels", [None] * len(flux)),
        groups=[None] * len(flux),
        sources=[Source(f"{name}.fits") for name in names],
    )
    recipe = Recipe.from_json({"schema": 1, "steps": steps or []})
    with FeatureSetWriter(path, wavelength=GRID, recipe=recipe) as writer:
        writer.write(batch)
    return FeatureSet.open(path)
