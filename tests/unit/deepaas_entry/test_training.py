"""What a training of a third-party module prints, logs, returns and writes."""

from __future__ import annotations

import ast
import json
import os
import struct
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from marshmallow import fields

import deepaas_entry
from deepaas_entry.serving import put_back
from deepaas_entry.training import arguments, event_files, job_folder, returned_metrics, written_files
from deepaas_entry.training.printed_progress import PrintedProgress
from jobfolder import names


@pytest.mark.parametrize(
    ("printed", "found"),
    [
        (["Epoch 3/10\n"], (3, 10)),
        (["Epoch: [2/5]  loss 0.1\n"], (2, 5)),
        (["epoch 4 of ", "9\n"], (4, 9)),
        ([" 12%|█▏        | 12/100 [00:01<00:07]\r"], (12, 100)),
        (["Epoch 1/2\n", " 12/100 [00:01<00:07]\r", "iter 5/9\n"], (1, 2)),
        (["iteration 7/20\n"], (7, 20)),
        (["epoch 5/3\n", "ratio 3/4\n", "no number\n"], None),
    ],
)
def test_progress_is_found_in_what_is_printed(printed: list[str], found: tuple[int, int] | None) -> None:
    progress = PrintedProgress()
    assert next((got for got in [progress.feed(text) for text in printed][::-1] if got), None) == found


def event(step: int, tag: str, value: float, *, tensor: bool = False) -> bytes:
    number = struct.pack("<f", value)
    stored = b"\x42\x08\x08\x01\x22\x04" + number if tensor else b"\x15" + number
    scalar = b"\x0a" + bytes([len(tag)]) + tag.encode() + stored
    summary = b"\x0a" + bytes([len(scalar)]) + scalar
    content = (
        b"\x09" + struct.pack("<d", 1.0) + b"\x10" + bytes([step]) + b"\x2a" + bytes([len(summary)]) + summary
    )
    return struct.pack("<Q", len(content)) + b"\0" * 4 + content + b"\0" * 4


def test_scalars_of_tensorboard_are_read_up_to_where_a_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "events.out.tfevents.1.host"
    whole = event(1, "loss", 0.5) + event(2, "loss", 0.25, tensor=True)
    path.write_bytes(whole + event(3, "loss", 0.1)[:-6])
    assert list(event_files.scalars(path)) == [("loss", 1, 0.5), ("loss", 2, 0.25)]
    path.write_bytes(struct.pack("<Q", 2**60) + b"\0" * 8)
    assert list(event_files.scalars(path)) == []
    path.write_bytes(struct.pack("<Q", 3) + b"\0" * 4 + b"\xff\xff\xff" + b"\0" * 4)
    assert list(event_files.scalars(path)) == []


def test_points_of_mlflow_are_read(tmp_path: Path) -> None:
    path = tmp_path / "mlruns" / "0" / "abc" / "metrics" / "val" / "loss"
    path.parent.mkdir(parents=True)
    path.write_text("1700000000 0.5 1\n1700000001 0.25 2\nbroken\n")
    assert list(event_files.mlflow_points(path)) == [("val/loss", 1, 0.5), ("val/loss", 2, 0.25)]
    assert list(event_files.mlflow_points(tmp_path / "metrics" / "loss")) == []


@pytest.mark.parametrize(
    ("result", "metrics"),
    [
        ({"accuracy": 0.9, "done": True, "text": "x"}, [("accuracy", 0.9, None)]),
        ({"a": {"b": np.float32(2)}}, [("a.b", 2.0, None)]),
        ({"loss": [3, 2.0]}, [("loss", 3.0, 1), ("loss", 2.0, 2)]),
        (SimpleNamespace(history={"acc": [0.5, 1]}), [("acc", 0.5, 1), ("acc", 1.0, 2)]),
        (None, []),
        ("done", []),
        ([1, 2], []),
    ],
)
def test_numbers_of_a_result_are_metrics(result: Any, metrics: list[Any]) -> None:
    assert list(returned_metrics.metrics_of(result)) == metrics
    json.dumps(returned_metrics.plain(result), allow_nan=False)


def test_arguments_are_converted_as_upstream_converts_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    taking: dict[str, Any] = {
        "files": fields.Raw(data_key="data", metadata={"type": "file"}),
        "folder": fields.Str(),
        "epochs": fields.Int(load_default=3),
        "empty": fields.Int(allow_none=True, load_default=5),
    }
    given = {"data": "{dataset}", "folder": "{dataset}/sub", "epochs": None, "empty": None}
    loaded = arguments.load(taking, given, tmp_path)
    assert loaded["files"].filename == str(tmp_path / "a.csv")
    assert (loaded["files"].original_filename, loaded["files"].content_type) == ("a.csv", "text/csv")
    assert (loaded["folder"], loaded["epochs"], loaded["empty"]) == (f"{tmp_path}/sub", 3, None)


@pytest.mark.parametrize(
    ("given", "data", "reason"),
    [
        ({"epochs": "x"}, True, "epochs: Not a valid integer"),
        ({"other": 1}, True, "other: Unknown field"),
        ({"data": "{dataset}"}, False, "the job has no dataset"),
        ({"data": "{dataset}"}, True, "takes one file, and the dataset has 2"),
        ({"data": "{dataset}/none"}, True, "there is no file"),
    ],
)
def test_arguments_that_cannot_be_are_told(given: Any, data: bool, reason: str, tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text("1")
    taking: dict[str, Any] = {"data": fields.Raw(metadata={"type": "file"}), "epochs": fields.Int()}
    with pytest.raises(arguments.InvalidArguments, match=reason):
        arguments.load(taking, given, tmp_path if data else None)


def test_written_files_are_kept_and_put_back(tmp_path: Path) -> None:
    root, job = tmp_path / "srv", tmp_path / "srv" / "job"
    for path in ("models/old.bin", "__pycache__/x.pyc", ".cache/y", "job/out/z", "models/new/a.bin"):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(path)
    since = time.time() + 3600
    (root / "models" / "link").symlink_to("/etc/passwd")
    os.utime(root / "models" / "new" / "a.bin", (since, since))
    found = [path for path in written_files.written([root], since, job) if root in path.parents]
    assert found == [root / "models" / "new" / "a.bin"]
    kept = written_files.keep(found, tmp_path / "model" / "files")
    card = {"kind": "deepaas", "files": kept}
    (tmp_path / "model" / "model.json").write_text(json.dumps(card))
    [back] = put_back(tmp_path / "model", tmp_path / "elsewhere")
    assert back.read_text() == "models/new/a.bin"


@pytest.mark.parametrize("path", ["/../etc/passwd", "etc/passwd", "/a/../../b"])
def test_a_card_that_leads_elsewhere_is_not_put_back(path: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps({"kind": "deepaas", "files": [{"path": path}]}))
    with pytest.raises(ValueError, match="no absolute path"):
        put_back(tmp_path, tmp_path / "root")


def test_more_than_can_be_kept_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(written_files, "MOST_FILES", 1)
    for name in "ab":
        (tmp_path / name).write_text("")
    with pytest.raises(written_files.TooMuch, match="more than 1 files"):
        written_files.written([tmp_path], 0.0, tmp_path / "job")


def test_the_names_in_the_job_folder_are_the_contracts() -> None:
    for name in (
        "CLAIM",
        "BEGIN",
        "HEARTBEAT",
        "EXIT",
        "LOG",
        "PROGRESS",
        "METRICS",
        "SUMMARY",
        "REPORT",
        "MODEL_CARD",
    ):
        assert getattr(job_folder, name) == getattr(names, name)
    assert job_folder.NOT_ARTEFACTS == names.NOT_ARTEFACTS


def test_every_line_is_python_of_old_images() -> None:
    for path in Path(deepaas_entry.__file__).parent.rglob("*.py"):
        ast.parse(path.read_text(), feature_version=(3, 7))
