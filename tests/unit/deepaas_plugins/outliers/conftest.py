"""Profiles of emission lines with four odd ones among them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, profiles, write_features

#: Rows of the odd spectra: a line elsewhere, a double peak, a step, noise.
ODD = (10, 50, 90, 130)
SMALL = {
    "standardise": False,
    "trees": 20,
    "epochs": 8,
    "forest_rows": 200,
    "neighbours": 10,
    "components": 3,
    "latent": 3,
}


def odd_flux(rows: int = 160) -> np.ndarray:
    flux = profiles(GRID, ["emission"] * rows)
    flux[ODD[0]] += 1.5 * np.exp(-0.5 * ((GRID - 6680.0) / 4.0) ** 2)
    flux[ODD[1]] -= 1.5 * np.exp(-0.5 * ((GRID - 6600.0) / 5.0) ** 2)
    flux[ODD[2]] += 0.8 * (GRID > 6640.0)
    flux[ODD[3]] += np.random.default_rng(5).normal(0.0, 0.5, len(GRID))
    return flux


@pytest.fixture
def features(tmp_path: Path) -> FeatureSet:
    flux = odd_flux()
    return FeatureSet.open(write_features(tmp_path / "odd.parquet", [None] * len(flux), flux=flux))
