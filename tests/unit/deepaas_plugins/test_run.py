"""How a method talks while it runs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from deepaas_plugins.contract import run as run_module
from deepaas_plugins.contract import views
from deepaas_plugins.contract.errors import Cancelled
from deepaas_plugins.contract.run import Run


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_progress_in_a_hurry_is_thinned_but_every_phase_begins_and_ends(run: Run, monkeypatch) -> None:
    clock = iter(np.arange(0.0, 10.0, 0.001))
    monkeypatch.setattr(run_module.time, "monotonic", lambda: float(next(clock)))
    for phase in ("prepare", "train"):
        for step in range(1, 501):
            run.progress(step, 500, phase)
    written = lines(run.folder / "progress.jsonl")
    assert next(line["step"] for line in written if line["phase"] == "prepare") == 1
    assert [line["step"] for line in written if line["phase"] == "prepare"][-1] == 500
    assert [line["step"] for line in written if line["phase"] == "train"][-1] == 500
    # 1,000 steps in one second, at most one line per tenth of a second and the edges
    assert len(written) <= 14


def test_progress_can_be_read_while_the_run_goes_on(run: Run) -> None:
    run.progress(1, 10, "train", "tree 1")
    (line,) = lines(run.folder / "progress.jsonl")
    assert line["message"] == "tree 1"
    assert str(line["time"]).endswith("Z")


def test_the_last_value_of_a_metric_is_its_summary(run: Run) -> None:
    for step, value in enumerate((0.5, 0.25)):
        run.metric("loss", value, step)
    assert run.metrics == {"loss": 0.25}
    assert [line["step"] for line in lines(run.folder / "metrics.jsonl")] == [0, 1]


def test_a_metric_that_is_no_number_is_null_and_in_no_summary(run: Run) -> None:
    run.metric("precision", float("nan"))
    assert run.metrics == {}
    assert lines(run.folder / "metrics.jsonl")[0]["value"] is None


def test_a_view_reported_again_replaces_the_first(run: Run) -> None:
    for row in (1, 2):
        run.report(views.spectra_rows("shown", "Shown", rows=[row]))
    report = json.loads((run.folder / "report" / "report.json").read_text())
    assert [view["data"]["rows"] for view in report["views"]] == [[2]]


def test_the_file_cancel_stops_the_run(run: Run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(run_module, "CANCEL_INTERVAL", 0.0)
    run.stop_if_cancelled()
    (tmp_path / "cancel").touch()
    with pytest.raises(Cancelled):
        run.stop_if_cancelled()
