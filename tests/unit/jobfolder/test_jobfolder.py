"""What the platform and the container both rely on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from jobfolder import stamps
from jobfolder.checkpoint_card import CheckpointCard, CheckpointFile
from jobfolder.json_file import read_json, write_json


def test_a_json_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"unit": "Å", "name": "\udcff"})
    assert read_json(tmp_path / "a.json") == {"unit": "Å", "name": "\udcff"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_file_that_is_not_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert read_json(tmp_path / "a.json") is None
    assert read_json(tmp_path / "file" / "a.json") is None


@pytest.mark.parametrize(
    ("content", "reason"), [("[1]", "no JSON object"), ("{", "Expecting"), ("{  }", "larger")]
)
def test_a_file_that_makes_no_sense_is_an_error(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(ValueError, match=reason):
        read_json(tmp_path / "a.json", limit=3)


def test_a_write_that_fails_leaves_the_file_before_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_json(path, {"step": 1})
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(path, {"step": float("nan")})
    (tmp_path / "folder.json").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_json(tmp_path / "folder.json", {})
    assert read_json(path) == {"step": 1}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["a.json", "folder.json"]


def test_stamps_are_utc_with_milliseconds_and_sort_as_text() -> None:
    assert stamps.of_seconds(0.123) == "1970-01-01T00:00:00.123Z"
    assert stamps.of_seconds(1_738_324_800.9999) == "2025-01-31T12:00:00.999Z"
    assert stamps.seconds("2025-01-31T12:00:00.999Z") == 1_738_324_800.999
    assert stamps.seconds("2025-01-31T12:00:00") == 1_738_324_800
    assert stamps.of_seconds(0) < stamps.now()
    with pytest.raises(ValueError, match="yesterday"):
        stamps.seconds("yesterday")


def test_a_card_is_read_as_it_was_written() -> None:
    card = CheckpointCard("000000007", 7, stamps.of_seconds(0), (CheckpointFile("a/state.npz", 4, "00"),))
    assert CheckpointCard.from_json(card.to_json()) == card


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 2},
        {"folder": ".."},
        {"folder": "a/b"},
        {"folder": ".hidden"},
        {"folder": "a" * 81},
        {"files": None},
        {"files": [{"size": 1}]},
        {"files": [{"path": "a", "size": "1"}]},
    ],
)
def test_a_card_that_makes_no_sense_is_rejected(change: dict[str, object]) -> None:
    card = CheckpointCard("000000007", 7, "", ()).to_json()
    with pytest.raises(ValueError, match="checkpoint"):
        CheckpointCard.from_json({**card, **change})


def test_it_imports_little() -> None:
    modules = "jobfolder.json_file, jobfolder.stamps, jobfolder.names, jobfolder.machine"
    code = f"import sys, {modules}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert {"datetime", "hashlib", "random", "tempfile", "uuid"}.isdisjoint(loaded)
