"""Some of the labelled rows keep their objects and say where they belong among all rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from deepaas_plugins.pipeline.validation.labelled import of_classes
from spectra import FeatureSet
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features


def test_some_rows_are_what_they_were(tmp_path: Path) -> None:
    labels: list[str | None] = [None, *cycle(30)]
    flux = profiles(GRID, [*cycle(1), *cycle(30)])
    flux[11], flux[21], flux[24] = flux[1], flux[2], flux[3]  # three suspected pairs
    groups: list[str | None] = [f"object-{row}" for row in range(31)]
    groups[5] = "object-4"
    data = of_classes(FeatureSet.open(write_features(tmp_path / "f.parquet", labels, groups, flux=flux)))
    kept = np.array([0, 1, 3, 4, 20])
    some = data.some(kept)
    assert some.classes == data.classes
    assert some.rows.tolist() == [1, 2, 4, 5, 21]
    assert np.array_equal(some.matrix, data.matrix[kept])
    assert np.array_equal(some.target, data.target[kept])
    assert some.objects.members[2] == some.objects.members[3]
    assert some.objects.suspected.tolist() == [[1, 4]]
    assert some.spread_out(some.target, -1).tolist()[20:23] == [-1, data.target[20], -1]
