"""What methods write, pinned: the files of a job folder and every kind of view.

After a wanted change of the contract, run with ``HUGGINS_GOLDEN=write`` and read the difference in the files.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deepaas_plugins.contract import views
from deepaas_plugins.contract.model_card import ModelCard
from deepaas_plugins.contract.run import Run
from deepaas_plugins.job.job_folder import JobFolder

GOLDEN = Path(__file__).parent / "golden"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def check(name: str, found: Any) -> None:
    """Compare with the golden file of that name."""
    path = GOLDEN / name
    text = TIME.sub("TIME", json.dumps(found, indent=1, ensure_ascii=False)) + "\n"
    if os.environ.get("HUGGINS_GOLDEN") == "write":
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def a_view_of_each_kind() -> list[views.View]:
    grid = np.array([6519.0, 6520.0])
    plane = np.array([[0.0, 1.0]])
    return [
        views.som_map(
            "map",
            "Map",
            rows=1,
            columns=2,
            topology="hexagonal",
            u_matrix=plane,
            hits=np.array([[3, 0]]),
            majority=[["emission", None]],
            class_counts={"emission": np.array([[3, 0]])},
            purity=np.array([[1.0, np.nan]]),
            marks=np.array([0, 0, 0]),
            prototypes=np.zeros((2, 2)),
            wavelength=grid,
        ),
        views.component_planes(
            "planes", "Planes", topology="hexagonal", planes=plane[None], names=["6519 Å"]
        ),
        views.confusion_matrix(
            "confusion",
            "Confusion",
            classes=["a", "b"],
            true=np.array([0, 1, -1]),
            predicted=np.array([1, 1, 0]),
            split="cross-validation",
        ),
        views.curves(
            "importance",
            "Importance",
            x_title="wavelength",
            x_unit="Å",
            y_title="importance",
            series=[{"name": "forest", "x": grid, "y": np.array([0.25, np.nan])}],
        ),
        views.scatter(
            "by-class",
            "By class",
            x_title="PC1",
            y_title="PC2",
            x=grid,
            y=grid,
            colour=["a", "b"],
            note="A note.",
        ),
        views.scatter(
            "by-value", "By value", x_title="true", y_title="predicted", x=grid, y=grid, colour=grid
        ),
        views.histogram(
            "bars", "Bars", x_title="p", values=np.array([0.1, 0.9]), edges=np.array([0.0, 0.5, 1.0])
        ),
        views.table(
            "worst",
            "Worst",
            columns=[
                {"name": "spectrum", "title": "Spectrum"},
                {"name": "d", "title": "Distance", "unit": "Å"},
            ],
            rows=[[np.int64(7), np.float32(0.5)]],
        ),
        views.spectra_rows("shown", "Shown", rows=np.array([0, 2])),
        views.spectra_drawn("means", "Means", wavelength=grid, flux=np.ones((1, 2)), names=["mean"]),
        views.metrics(
            "quality",
            "Quality",
            values=[{"name": "r2", "title": "R²", "value": float("nan"), "better": "higher", "help": ""}],
        ),
    ]


def test_every_kind_of_view_is_written_as_agreed(tmp_path: Path) -> None:
    with Run(tmp_path) as run:
        for view in a_view_of_each_kind():
            run.report(view)
    check("report.json", json.loads((tmp_path / "report" / "report.json").read_text()))
    arrays = {
        path.name: np.load(path, allow_pickle=False) for path in sorted((tmp_path / "report").glob("*.npy"))
    }
    check("arrays.json", {name: [str(array.dtype), list(array.shape)] for name, array in arrays.items()})


def test_the_job_folder_is_written_as_agreed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "getpid", lambda: 42)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "node-1", "", "", "")))
    (tmp_path / "job.json").write_text('{"schema": 1, "attempt": "attempt-1"}')
    folder = JobFolder(tmp_path)
    assert folder.claim()
    folder.begin()
    with Run(folder.out) as run:
        run.progress(1, 2, "train", "tree 1")
        run.metric("loss", 0.5, step=1)
        run.metric("accuracy", 1.0)
        metrics = run.metrics
    folder.end("aborted", "Stopped on request.", 130)
    text = {name: (folder.out / name).read_text() for name in ("claim.json", "begin.json", "exit.json")}
    found: dict[str, Any] = {name: json.loads(content) for name, content in text.items()}
    for name in ("progress.jsonl", "metrics.jsonl"):
        found[name] = [json.loads(line) for line in (folder.out / name).read_text().splitlines()]
    for artefact in found["exit.json"]["artefacts"]:
        assert re.fullmatch(r"[0-9a-f]{64}", artefact.pop("sha256"))
    check("job_folder.json", found | {"metrics": metrics})


def test_a_model_card_is_written_as_agreed(tmp_path: Path) -> None:
    (tmp_path / "weights.npz").write_bytes(b"1234")
    card = ModelCard(
        method="rdf",
        recipe={"schema": 1, "steps": []},
        classes=["a", "b"],
        calibrated=False,
        wavelength=[6519.0, 6520.0],
        parameters={"trees": 3},
        details={"features": 2},
        version="0.1.0",
        metrics={"accuracy": 1.0},
        module="rdf",
        module_version="0.1.0",
        image="sha256:0",
        job="job-1",
        training_set={"name": "stars", "sha256": "0", "features_sha256": "1", "rows": 2, "synthetic": True},
    )
    card.save(tmp_path)
    check("model.json", json.loads((tmp_path / "model.json").read_text()))
    assert ModelCard.load(tmp_path).training_set == card.training_set
