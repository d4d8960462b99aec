"""The batch entry as a real process: it claims, trains, is stopped, and tells every failure."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.conftest import unavailable
from tests.integration.deepaas.jobs import batch, job_folder, lines, run_batch, wait_for

#: So many trees that the forest is still growing when the test acts.
ENDLESS = {"trees": 10_000, "folds": 0, "threads": 1}


def test_a_training_leaves_model_report_and_summary(tmp_path: Path) -> None:
    end = run_batch(job_folder(tmp_path, parameters={"trees": 20, "folds": 3}))
    assert (end["outcome"], end["reason"]) == ("completed", "The model is trained.")
    out = tmp_path / "out"
    assert json.loads((out / "summary.json").read_text())["metrics"]["accuracy"] > 0.8
    card = json.loads((out / "model" / "model.json").read_text())
    assert (card["module"], card["job"], card["training_set"]["name"]) == ("rdf", "job-1", "profiles")
    phases = list(dict.fromkeys(line["phase"] for line in lines(out / "progress.jsonl")))
    assert phases == ["prepare", "train", "evaluate", "random split", "baselines", "report", "save"]
    paths = {artefact["path"] for artefact in end["artefacts"]}
    assert {"features.parquet", "rejected.csv", "report/report.json", "model/forest.skops"} <= paths
    for view in json.loads((out / "report" / "report.json").read_text())["views"]:
        marks = view["data"].get("marks")
        assert marks is None or f"report/{marks}" in paths


def test_a_preprocessing_job_yields_a_feature_set(tmp_path: Path) -> None:
    end = run_batch(job_folder(tmp_path, "preprocessing", parameters={"reduction": "pca", "components": 4}))
    assert (end["outcome"], end["reason"]) == ("completed", "The feature set is ready.")
    assert pq.read_metadata(tmp_path / "out" / "features.parquet").num_rows == 36


def test_a_model_predicts_a_whole_dataset(tmp_path: Path) -> None:
    run_batch(job_folder(tmp_path / "train", parameters={"trees": 20, "folds": 0}))
    folder = job_folder(tmp_path / "predict", rows=12, action="predict")
    (folder / "in" / "model").symlink_to(tmp_path / "train" / "out" / "model")
    end = run_batch(folder)
    assert (end["outcome"], end["reason"]) == ("completed", "12 spectra are predicted.")
    table = pq.read_table(folder / "out" / "predictions.parquet")
    assert {"name", "label", "p_emission", "calibrated"} <= set(table.column_names)
    assert (folder / "out" / "predictions.csv").read_text().count("\n") == 13
    assert json.loads((folder / "out" / "summary.json").read_text())["metrics"]["accuracy"] > 0.8


def test_a_second_runner_of_an_attempt_stays_away(tmp_path: Path) -> None:
    folder = job_folder(tmp_path)
    (folder / "out").mkdir()
    (folder / "out" / "claim.json").write_text("{}")
    with batch(folder) as process:
        _, error = process.communicate(timeout=60)
    assert process.returncode == 75
    assert b"already claimed" in error
    assert not (folder / "out" / "begin.json").exists()


@pytest.mark.parametrize("how", ["signal", "file"])
def test_a_training_that_is_asked_to_stop_ends_aborted(tmp_path: Path, how: str) -> None:
    folder = job_folder(tmp_path, parameters=ENDLESS)
    with batch(folder) as process:
        wait_for(lambda: any(line["phase"] == "train" for line in lines(folder / "out" / "progress.jsonl")))
        if how == "signal":
            process.send_signal(signal.SIGTERM)
        else:
            (folder / "cancel").touch()
        assert process.wait(60) == 130
    end = json.loads((folder / "out" / "exit.json").read_text())
    assert (end["outcome"], end["reason"]) == ("aborted", "Stopped on request.")


def test_the_heart_beats_while_a_training_goes_on(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, parameters=ENDLESS)
    heartbeat = folder / "out" / "heartbeat"
    with batch(folder):
        first = wait_for(lambda: heartbeat.exists() and heartbeat.stat().st_mtime_ns)
        assert wait_for(lambda: heartbeat.stat().st_mtime_ns > first)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"parameters": {"trees": 0}}, "Parameter trees = 0: must be greater than or equal to 1 and less"),
        ({"module": "nonsense"}, "No module 'nonsense' is installed here; there are: "),
        ({"action": "dance"}, "Unknown action 'dance'"),
        ({"input": {"kind": "spectra", "path": "in/none"}}, "in/none does not exist"),
        ({"recipe": {"steps": [{"step": "magic"}]}}, "Step 1 (magic): there is no such step"),
        (
            {"recipe": {"steps": [{"step": "cutout", "minimum": 1.0, "maximum": 2.0}]}},
            "None of the 36 spectra",
        ),
    ],
)
def test_a_job_that_makes_no_sense_ends_with_the_reason(tmp_path: Path, changes, reason: str) -> None:
    end = run_batch(job_folder(tmp_path, **changes))
    assert (end["outcome"], end["exit_code"]) == ("error", 2)
    assert reason in end["reason"]
    assert "Traceback" in (tmp_path / "out" / "log.txt").read_text()


@pytest.fixture
def small_disk(tmp_path: Path):
    """Mount a file system of 400 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        unavailable("mounting a small file system (needs root)")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_in_exit_json(tmp_path: Path, small_disk: Path) -> None:
    folder = job_folder(tmp_path / "job", parameters={"trees": 500, "folds": 0})
    (folder / "out").symlink_to(small_disk)
    end = run_batch(folder)
    assert end["outcome"] == "error"
    assert end["reason"] == "The disk is full: free some space for the job folder and run again."
