"""What is rejected before a method is called, and why nothing could be prepared."""

from __future__ import annotations

from pathlib import Path

import pytest

from deepaas_plugins.contract.errors import Cancelled, InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.rdf import plugin
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train
from tests.unit.deepaas_plugins.halpha import cycle, write_features, write_files

METHOD = plugin.method


def test_spectra_without_any_label_are_rejected_where_labels_are_needed(run: Run, tmp_path: Path) -> None:
    path = write_features(tmp_path / "f.parquet", [None] * 5, flux=None)
    with pytest.raises(InvalidInput, match="None of the 5 spectra has a label"):
        train(METHOD, Training(Input("features", path), {}), run)


def test_the_commonest_reasons_are_told_where_nothing_is_left(run: Run, tmp_path: Path) -> None:
    data = write_files(tmp_path, cycle(6))
    (data / "star-0.fits").write_bytes(b"SIMPLE  = nonsense")
    far = {"schema": 1, "steps": [{"step": "cutout", "minimum": 8000.0, "maximum": 9000.0}]}
    with pytest.raises(
        InvalidInput, match=r"None of the 6 spectra could be prepared: .*8000.*\(5×\); .*\(1×\)\."
    ):
        train(METHOD, Training(Input("spectra", data), {}, far), run)


def test_an_input_that_is_not_there_is_named(run: Run, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"nowhere does not exist"):
        train(METHOD, Training(Input("spectra", tmp_path / "nowhere"), {}), run)


def test_preparation_stops_when_the_run_is_cancelled(run: Run, tmp_path: Path) -> None:
    data = write_files(tmp_path, cycle(6))
    run.cancel()
    with pytest.raises(Cancelled):
        train(METHOD, Training(Input("spectra", data, tmp_path / "manifest.csv"), {}), run)
    assert not (run.folder / "features.parquet").exists()
