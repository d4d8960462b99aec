"""A feature set with labels of its own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.pipeline.preparation import Input, feature_set
from tests.unit.deepaas_plugins.halpha import cycle, write_features


@pytest.fixture
def given(tmp_path: Path) -> Input:
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,row,label\ns.parquet,7,late\ns.parquet,2,early\n")
    return Input("features", write_features(tmp_path / "s.parquet", cycle(9)), manifest)


def test_a_manifest_says_which_rows_are_learned_from_and_their_labels(given: Input, run: Run) -> None:
    found = feature_set(given, {}, run)
    assert list(found.labels()) == ["early", "late"]
    whole = feature_set(Input("features", given.path), {}, run)
    assert (found.matrix() == whole.matrix()[[2, 7]]).all()
    assert np.load(run.folder / "training_rows.npy").tolist() == [2, 7]


@pytest.mark.parametrize(("line", "told"), [("", "No row"), ("s.parquet,9,late", "has 9 rows")])
def test_a_manifest_of_other_rows_is_invalid(given: Input, run: Run, line: str, told: str) -> None:
    assert given.manifest
    given.manifest.write_text(f"path,row,label\n{line}\n")
    with pytest.raises(InvalidInput, match=told):
        feature_set(given, {}, run)
