"""A job in parts: the batch entry once per part, and once more to join them; as one run would have ended."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from deepaas_plugins.job.parts import JOIN, PART, PARTS
from tests.integration.deepaas.jobs import batch, job_folder, lines, run_batch

COMPONENTS = {"reduction": "pca", "components": 4}


def run_part(folder: Path, part: object, count: int) -> int:
    with batch(folder, {**os.environ, PART: str(part), PARTS: str(count)}) as process:
        return process.wait(120)


def run_parts(folder: Path, count: int) -> dict[str, Any]:
    """Run all parts and the run that joins them; return the job's ``exit.json``."""
    assert [run_part(folder, number, count) for number in range(count)] == [0] * count
    assert not (folder / "out" / "exit.json").exists()
    assert run_part(folder, JOIN, count) == 0
    end: dict[str, Any] = json.loads((folder / "out" / "exit.json").read_text())
    return end


def outcome_of(folder: Path, end: dict[str, Any]) -> dict[str, Any]:
    features = pq.ParquetFile(folder / "out" / "features.parquet")
    return {
        "rows": json.dumps(features.read().to_pylist()).replace(str(folder), ""),
        "recipe": (features.schema_arrow.metadata or {})[b"huggins"],
        "said": (end["outcome"], end["reason"], end["exit_code"]),
        "artefacts": sorted(artefact["path"] for artefact in end["artefacts"]),
        "rejected": (folder / "out" / "rejected.csv").read_text().replace(str(folder), ""),
        "metrics": json.loads((folder / "out" / "summary.json").read_text()),
    }


def test_parts_that_are_joined_leave_what_one_run_does(tmp_path: Path) -> None:
    folders = [
        job_folder(tmp_path / name, "preprocessing", parameters=COMPONENTS) for name in ("one", "parts")
    ]
    for folder in folders:
        (folder / "in" / "data" / "broken.fits").write_bytes(b"SIMPLE  =                    T")
        with (folder / "in" / "manifest.csv").open("a") as manifest:
            manifest.write("broken.fits" + "," * (manifest_columns(folder) - 1) + "\n")
    one, parts = run_batch(folders[0]), run_parts(folders[1], 3)
    assert outcome_of(folders[1], parts) == outcome_of(folders[0], one)
    out = folders[1] / "out"
    assert not (out / ".parts").exists()
    assert json.loads((out / "begin.json").read_text())["time"] == parts["begin"]
    together = [line for line in lines(out / "progress.jsonl") if line["message"].endswith("parts are done")]
    assert (together[-1]["step"], together[-1]["total"]) == (37, 37)
    assert "--- part 3 of 3 ---" in (out / "log.txt").read_text()


def manifest_columns(folder: Path) -> int:
    return len((folder / "in" / "manifest.csv").read_text().splitlines()[0].split(","))


def test_a_part_that_fails_ends_the_job_in_its_words(tmp_path: Path) -> None:
    recipe = {"schema": 1, "steps": [{"step": "cutout", "minimum": 6520.0, "maximum": 6732.0}]}
    folder = job_folder(tmp_path, "preprocessing", recipe=recipe)
    assert run_part(folder, 1, 2) == 2
    end = json.loads((folder / "out" / "exit.json").read_text())
    assert (end["attempt"], end["outcome"], end["exit_code"]) == ("attempt-1", "error", 2)
    assert end["reason"].startswith(
        "part 2 of 2: It cannot be prepared in parts: the recipe has no step resample"
    )
    assert "Traceback" in (folder / "out" / "log.txt").read_text()
    assert run_part(folder, 0, 2) == 2
    assert json.loads((folder / "out" / "exit.json").read_text()) == end


def test_a_part_that_somebody_has_claimed_is_left_alone(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, "preprocessing")
    assert run_part(folder, 0, 2) == 0
    assert run_part(folder, 0, 2) == 75


@pytest.mark.parametrize(
    "changes", [{"action": "predict"}, {"input": {"kind": "features", "path": "in/data"}}]
)
def test_what_has_no_parts_is_rejected_by_each(tmp_path: Path, changes: dict[str, Any]) -> None:
    folder = job_folder(tmp_path, "preprocessing", **changes)
    assert run_part(folder, 0, 2) == 2
    assert "run it in one" in json.loads((folder / "out" / "exit.json").read_text())["reason"]


def test_where_there_are_no_arrays_one_run_does_it_and_says_so(tmp_path: Path) -> None:
    folder = job_folder(tmp_path, "preprocessing", resources={"cpus": 1, "memory_mb": 2048, "parts": 4})
    assert run_batch(folder)["outcome"] == "completed"
    assert "not prepared in 4 parts: this node has no job arrays" in (folder / "out" / "log.txt").read_text()


def test_parts_that_start_from_a_model_use_what_its_recipe_learned(tmp_path: Path) -> None:
    recipe = {
        "schema": 1,
        "steps": [
            {"step": "resample", "minimum": 6519.0, "maximum": 6732.0, "points": 60},
            {"step": "pca", "components": 4},
        ],
    }
    parameters = {"trees": 5, "folds": 2, "random_split": False}
    first = job_folder(tmp_path / "first", "rdf", parameters=parameters, recipe=recipe)
    assert run_batch(first)["outcome"] == "completed"
    start = {"path": "in/start", "model": "m-1"}
    folders = []
    for name in ("one", "parts"):
        folder = job_folder(tmp_path / name, "rdf", rows=24, parameters=parameters, start=start)
        (folder / "in" / "start").symlink_to(first / "out" / "model")
        folders.append(folder)
    one, parts = run_batch(folders[0]), run_parts(folders[1], 3)
    assert one["outcome"] == parts["outcome"] == "completed"
    rows, card = (
        [pq.read_table(folder / "out" / "features.parquet")["features"].to_pylist() for folder in folders],
        json.loads((folders[1] / "out" / "model" / "model.json").read_text()),
    )
    assert rows[0] == rows[1]
    assert len(rows[0][0]) == 4
    assert (card["start"]["model"], card["details"]["trees"]) == ("m-1", 10)
