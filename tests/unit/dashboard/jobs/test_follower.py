"""Following a job's files: only what is new, and an estimate of the time left."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from dashboard.jobs.folder.follower import TAIL, Follower


def progress(out: Path, step: float, second: int, phase: str = "train", total: float = 10) -> None:
    line = {"time": f"2026-01-01T00:00:{second:02d}.000Z", "phase": phase, "step": step, "total": total}
    with (out / "progress.jsonl").open("a") as file:
        file.write(json.dumps(line) + "\n")


def left(follower: Follower) -> float | None:
    found = follower.look().progress
    assert found is not None
    value: float | None = found["seconds_left"]
    return value


def test_nothing_new_is_no_news(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert follower.look() == follower.look()
    progress(tmp_path, 1, 0)
    assert follower.look().progress is not None
    assert follower.look().progress is None


def test_the_time_left_follows_from_the_rate_within_the_phase(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    progress(tmp_path, 2, 0)
    assert left(follower) is None
    progress(tmp_path, 4, 10)
    assert left(follower) == pytest.approx(30)
    progress(tmp_path, 1, 11, phase="validate")
    assert left(follower) is None
    progress(tmp_path, 2, 12, phase="validate")
    assert left(follower) == pytest.approx(8)


@pytest.mark.parametrize(
    "line", ['{"step": "x", "total": 3}', '{"step": 1, "total": 0}', '{"step": 1e400, "total": 2}', "{}"]
)
def test_progress_without_numbers_has_no_estimate(tmp_path: Path, line: str) -> None:
    (tmp_path / "progress.jsonl").write_text(line + "\n")
    found = Follower(tmp_path).look().progress
    assert found is not None
    assert (found["fraction"], found["seconds_left"]) == (None, None)


def test_a_line_comes_once_it_is_whole(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"name": "loss", ')
        file.flush()
        assert follower.look().metrics == []
        file.write('"value": 1}\n')
    assert [point["value"] for point in follower.look().metrics] == [1]
    assert follower.look().metrics == []


def test_joining_late_reads_only_the_end(tmp_path: Path) -> None:
    line = json.dumps({"name": "loss", "value": 1}) + "\n"
    (tmp_path / "metrics.jsonl").write_text(line * (3 * TAIL // len(line)))
    assert len(Follower(tmp_path).look().metrics) <= TAIL // len(line)


def test_the_size_of_the_log_is_told_when_it_changes(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    (tmp_path / "log.txt").write_text("abc")
    assert follower.look().log_size == 3
    assert follower.look().log_size is None


def test_a_job_is_silent_when_its_heartbeat_is_old(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    assert follower.silent_since(60) is None
    (tmp_path / "heartbeat").touch()
    assert follower.silent_since(60) is None
    os.utime(tmp_path / "heartbeat", (0, 0))
    assert follower.silent_since(60) == "1970-01-01T00:00:00.000Z"
