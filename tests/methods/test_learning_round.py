"""Rounds of active learning as jobs run them: labels in, a model and the next batch out."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import registry
from deepaas_plugins.contract.errors import InvalidInput
from deepaas_plugins.contract.run import Run
from deepaas_plugins.learning.round import run_round
from deepaas_plugins.pipeline.preparation import Input
from deepaas_plugins.pipeline.training import Training
from jobfolder.names import LABEL_COLUMNS
from spectra.synthetic import write_folder
from tests.unit.deepaas_plugins.halpha import GRID, cycle, profiles, write_features

ROWS = 600
QUICK = {"trees": 20, "folds": 3}


def learn(
    folder: Path, labelled: dict[int, str], settings: dict[str, Any], parameters: dict[str, Any] = QUICK
) -> dict[str, Any]:
    """Run a round on a pool of three kinds of profiles, and return its selection."""
    folder.mkdir(exist_ok=True)
    pool = folder / "pool.parquet"
    write_features(pool, [None] * ROWS, flux=profiles(GRID, cycle(ROWS), 1))
    labels = folder / "labels.csv"
    with labels.open("w", newline="") as stream:
        lines = csv.writer(stream)
        lines.writerow(LABEL_COLUMNS)
        lines.writerows([row, "", "", "", label] for row, label in labelled.items())
    with Run(folder / "out") as run:
        training = Training(Input("features", pool, name="pool"), parameters)
        run_round(registry.method("rdf"), training, settings, labels, run)
    found: dict[str, Any] = json.loads((folder / "out" / "selection.json").read_text())
    return found


def rows_of(selection: dict[str, Any], kind: str) -> list[int]:
    """Return the pool's rows of one kind."""
    return [one["pool_row"] for one in selection["entries"] if one["kind"] == kind]


def test_a_round_without_labels_chooses_spectra_that_differ(tmp_path: Path) -> None:
    selection = learn(tmp_path, {}, {"batch": 12, "strategy": "entropy"})
    truth = cycle(ROWS)
    assert not selection["trained"]
    assert len(set(rows_of(selection, "batch"))) == 12
    assert {truth[row] for row in rows_of(selection, "batch")} == set(truth)
    assert not (tmp_path / "out" / "model").exists()


@pytest.mark.parametrize("strategy", ["entropy", "margin", "disagreement", "diverse", "random"])
def test_a_round_trains_and_selects_what_is_not_labelled(tmp_path: Path, strategy: str) -> None:
    truth = cycle(ROWS)
    labelled = {row: truth[row] for row in range(30)} | {30: ""}  # 30 was skipped
    settings = {
        "batch": 20, "performance": 15, "recall": 8, "targets": ["double"], "strategy": strategy,
        "committee": 3, "rejection": "reconstruction",
    }  # fmt: skip
    selection = learn(tmp_path, labelled, settings)
    chosen = [one["pool_row"] for one in selection["entries"]]
    assert selection["trained"]
    assert selection["labelled"] == {"absorption": 10, "double": 10, "emission": 10}
    assert len(rows_of(selection, "batch")) == 20
    assert len(set(chosen)) == len(chosen)
    assert not set(chosen) & set(labelled)
    performance = [one for one in selection["entries"] if one["kind"] == "performance"]
    assert len(performance) == 15
    assert {one["label"] for one in performance} == {"double"}
    assert (tmp_path / "out" / "model" / "model.json").exists()
    assert (tmp_path / "out" / "candidates" / "predictions.vot").exists()
    assert not (tmp_path / "out" / ".committee").exists()


def test_the_same_seed_selects_the_same_rows(tmp_path: Path) -> None:
    truth = cycle(ROWS)
    settings = {"batch": 10, "performance": 10, "targets": ["emission"], "strategy": "diverse", "seed": 5}
    labelled = {row: truth[row] for row in range(24)}
    first = learn(tmp_path / "a", labelled, settings)
    second = learn(tmp_path / "b", labelled, settings)
    assert first["entries"] == second["entries"]


def test_a_class_with_one_object_is_left_out_and_named(tmp_path: Path) -> None:
    truth = cycle(ROWS)
    labelled = {row: truth[row] for row in range(0, 30, 3)} | {row: truth[row] for row in range(1, 30, 3)}
    selection = learn(tmp_path, labelled | {500: "nova"}, {"batch": 5, "targets": ["nova", "double"]})
    assert selection["left_out"] == {"nova": 1}
    assert "nova" not in selection["classes"]
    assert any("nova" in note for note in selection["notes"])


def test_a_batch_larger_than_the_pool_takes_what_is_left(tmp_path: Path) -> None:
    truth = cycle(ROWS)
    labelled = {row: truth[row] for row in range(ROWS - 7)}
    selection = learn(tmp_path, labelled, {"batch": 50, "strategy": "entropy"}, {"trees": 5, "folds": 0})
    assert sorted(rows_of(selection, "batch")) == list(range(ROWS - 7, ROWS))
    assert any("only 7" in note for note in selection["notes"])


def test_an_empty_pool_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="nothing left"):
        learn(tmp_path, dict.fromkeys(range(ROWS), "emission"), {"batch": 5})


def test_labels_of_rows_that_do_not_exist_are_counted(tmp_path: Path) -> None:
    truth = cycle(ROWS)
    labelled = {row: truth[row] for row in range(30)} | {9999: "double"}
    selection = learn(tmp_path, labelled, {"batch": 5})
    assert selection["lost"] == 1
    assert np.sum(list(selection["labelled"].values())) == 30


def test_a_later_round_reads_the_pool_of_the_round_before_and_no_file(tmp_path: Path) -> None:
    spectra_folder = tmp_path / "data"
    write_folder(spectra_folder, 30, seed=1)

    def selected(job: str, *labels: str, pool: Path | None = None) -> dict[str, Any]:
        """Run a round in a job folder of its own, as a node without containers does."""
        given = tmp_path / job / "in"
        given.mkdir(parents=True)
        (given / "data").symlink_to(spectra_folder)
        (given / "labels.csv").write_text("\n".join((",".join(LABEL_COLUMNS), *labels)) + "\n")
        if pool is not None:
            shutil.copy(pool, given / "pool.parquet")
        training = Training(Input("spectra", given / "data", name="pool"), QUICK)
        settings = {"batch": 5, "strategy": "random"}
        with Run(tmp_path / job / "out") as run:
            run_round(registry.method("rdf"), training, settings, given / "labels.csv", run)
        return dict(json.loads((tmp_path / job / "out" / "selection.json").read_text()))

    first = selected("first")
    prepared = tmp_path / "first" / "out" / "pool.parquet"
    for path in spectra_folder.glob("*.fits"):
        path.write_bytes(b"not to be read again")
    again = selected("again", pool=prepared)
    assert rows_of(again, "batch") == rows_of(first, "batch")
    assert [one["path"] for one in again["entries"]] == [one["path"] for one in first["entries"]]
    assert all("/" not in one["path"] for one in again["entries"])
    assert (tmp_path / "again" / "out" / "pool.parquet").is_file()
    known = again["entries"][0]["path"]
    third = selected("third", f"0,{known},,,emission", pool=tmp_path / "again" / "out" / "pool.parquet")
    assert third["labelled"] == {"emission": 1}
    assert known not in {one["path"] for one in third["entries"]}
    prepared.write_bytes(b"damaged")
    with pytest.raises(InvalidInput):
        selected("damaged", pool=prepared)
