"""Checkpoints: whole or not there, whenever the run is cut off."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from deepaas_plugins.contract import checkpoints
from deepaas_plugins.contract.checkpoints import Checkpoints


def card(out: Path) -> dict[str, Any]:
    """Read the card, and check what it says of the files."""
    found: dict[str, Any] = json.loads((out / "checkpoint" / "checkpoint.json").read_text())
    for file in found["files"]:
        content = (out / "checkpoint" / found["folder"] / file["path"]).read_bytes()
        assert (len(content), hashlib.sha256(content).hexdigest()) == (file["size"], file["sha256"])
    return found


def test_the_newest_checkpoint_is_named_with_the_hashes_of_its_files(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, every_s=0)
    for step in (1, 2):
        with run.save(step) as folder:
            (folder / "deeper").mkdir()
            (folder / "deeper" / "state").write_bytes(b"%d" % step)
    assert (card(tmp_path)["step"], card(tmp_path)["files"][0]["path"]) == (2, "deeper/state")
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == [
        "000000002",
        "checkpoint.json",
    ]


def test_the_same_step_can_be_saved_again(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, every_s=0)
    for content in (b"one", b"two"):
        with run.save(1) as folder:
            (folder / "state").write_bytes(content)
    assert card(tmp_path)["files"][0]["sha256"] == hashlib.sha256(b"two").hexdigest()


def test_a_run_that_is_cut_off_while_it_saves_leaves_the_one_before(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, every_s=0)
    with run.save(1) as folder:
        (folder / "state").write_bytes(b"one")

    def cut_off() -> None:
        with run.save(2) as folder:
            (folder / "state").write_bytes(b"tw")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cut_off()
    assert card(tmp_path)["step"] == 1


def test_a_full_disk_costs_the_checkpoint_and_not_the_training(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = Checkpoints(tmp_path, every_s=0)
    with run.save(1) as folder:
        (folder / "state").write_bytes(b"one")
    with run.save(2):
        raise OSError(28, "No space left on device")
    assert card(tmp_path)["step"] == 1
    assert "No checkpoint after step 2: [Errno 28]" in capsys.readouterr().err


def test_it_is_due_when_so_many_seconds_have_passed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = 100.0
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: moment)
    run = Checkpoints(tmp_path, every_s=30)
    assert not run.due
    moment = 130.0
    assert run.due
    with run.save(1) as folder:
        (folder / "state").write_bytes(b"")
    assert not run.due


def test_a_run_that_came_to_its_end_leaves_none(tmp_path: Path) -> None:
    run = Checkpoints(tmp_path, every_s=0)
    with run.save(1) as folder:
        (folder / "state").write_bytes(b"")
    run.clear()
    assert list(tmp_path.iterdir()) == []
