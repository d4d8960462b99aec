"""A column ``instrument`` of uploaded labels reaches the training, whose guard sees that it tells classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dashboard.data.service import DataService
from dashboard.jobs.folder.inputs import JobInputs
from deepaas_plugins.pipeline.validation import instruments, labelled
from spectra import FeatureSet, Recipe, prepare
from tests.unit.dashboard.data.conftest import database, service  # noqa: F401 - fixtures
from tests.unit.dashboard.data.making import fits_bytes, uploaded

ROWS = 24


async def test_the_instrument_of_posted_labels_reaches_the_leakage_guard(
    service: DataService,  # noqa: F811
    tmp_path: Path,
) -> None:
    random = np.random.default_rng(0)
    files = {f"{row:02}.fits": fits_bytes(dip=float(random.uniform(0.1, 0.9))) for row in range(ROWS)}
    dataset = await uploaded(service, files)
    lines = [
        f"{path},{'A' if row % 2 else 'B'},object {row},{'LAMOST' if row % 2 else 'SDSS'}"
        for row, path in enumerate(files)
    ]
    table = "path,label,group,instrument\n" + "\n".join(lines)
    assert (await service.label(dataset.id, table.encode())).changed == ROWS
    inputs = JobInputs(service.store, service.rows, service.folder, tmp_path / "models")
    manifest, out = tmp_path / "manifest.csv", tmp_path / "features.parquet"
    await inputs.write_manifest(dataset.id, manifest)
    recipe = Recipe.from_json(
        {"schema": 1, "steps": [{"step": "resample", "minimum": 6510.0, "maximum": 6690.0, "points": 60}]}
    )
    prepare(await inputs.source(dataset.id), recipe, out, manifest=manifest, workers=1)
    features = FeatureSet.open(out)
    observed = features.observations()
    assert observed is not None
    assert set(observed.instruments) == {"LAMOST", "SDSS"}
    data = labelled.of_classes(features)
    found = instruments.measure(data, data.folds(3, np.arange(len(data.rows)), 0), features)
    assert found is not None
    assert found.stated
    assert found.telling
    assert found.score == 1.0
