from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.run import Run
from spectra import Batch, FeatureSet, Source
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features


def batch_of(flux: np.ndarray, labels: Sequence[str | None] | None = None) -> Batch:
    """Make a batch of prepared spectra called star-0, star-1 …"""
    count = len(flux)
    names = [f"star-{row}" for row in range(count)]
    nothing = [None] * count
    return Batch(flux, None, names, labels or nothing, nothing, [Source(f"{name}.fits") for name in names])


@pytest.fixture
def features(tmp_path: Path) -> Iterator[FeatureSet]:
    """300 profiles of three classes, every seventh without label; the last one is unlike all others."""
    classes = cycle(300)
    flux = profiles(GRID, classes)
    flux[-1] = np.random.default_rng(9).normal(1, 0.8, len(GRID))
    labels = [label if row % 7 else None for row, label in enumerate(classes)]
    opened = FeatureSet.open(write_features(tmp_path / "features.parquet", labels, flux=flux))
    yield opened
    opened.close()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with Run(tmp_path / "out") as opened:
        yield opened
