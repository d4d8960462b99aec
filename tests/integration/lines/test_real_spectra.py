"""Hα of the real Ondřejov and LAMOST spectra: every one is told as its label says."""

from __future__ import annotations

import csv
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from deepaas_plugins.contract.run import Run
from deepaas_plugins.methods.lines import plugin
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training, train

pytestmark = pytest.mark.data

#: Profiles that a label of VO-CLOUD's lists allows; its "emission" does not say of how many peaks.
ALLOWED = {
    "absorption": {"absorption"},
    "emission": {"single peak", "double peak"},
    "double-peak": {"double peak"},
}
#: LAMOST spectra of the cross-match with Hα in emission, as a look at them shows.
LAMOST_EMISSION = {
    "bt-cmi-lamost",
    "spec-56284-GAC122S02V2_sp14-183",
    "spec-56351-GAC108N13V4_sp14-219",
}


def measured(data: Path, out: Path) -> dict[str, dict[str, object]]:
    with Run(out) as run:
        train(plugin.method, Training(Input(kind="spectra", path=data, name="real"), {}), run)
    return {row["name"]: row for row in pq.read_table(out / "profiles.parquet").to_pylist()}


def test_ondrejov_spectra_are_told_as_they_are_labelled(data_folder: Path, tmp_path: Path) -> None:
    found = measured(data_folder / "ondrejov", tmp_path / "out")
    with (data_folder / "ondrejov" / "labels.csv").open() as file:
        labels = {Path(row["file"]).stem: row["label"] for row in csv.DictReader(file)}
    compared = {name: label for name, label in labels.items() if label in ALLOWED}
    assert len(compared) == 26
    wrong = {
        name: (label, found[name]["label"])
        for name, label in compared.items()
        if found[name]["label"] not in ALLOWED[label]
    }
    assert wrong == {}
    # γ Cas and BT CMi: values of the literature are of other epochs; sign and size must be right.
    assert -45.0 < float(str(found["gamma-cas-emission"]["ew"])) < -25.0
    assert found["bt-cmi-ondrejov"]["label"] == "double peak"


def test_emission_of_the_cross_matched_lamost_spectra_is_found(data_folder: Path, tmp_path: Path) -> None:
    found = measured(data_folder / "lamost" / "ondrejov_xmatch", tmp_path / "out")
    assert len(found) == 19
    assert {name for name, row in found.items() if float(str(row["emission"])) > 0.5} == LAMOST_EMISSION
