"""Where a launch in parts stands, from its folders and what Slurm says of its tasks."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from launchers.base import Status
from launchers.slurm import array as slurm_array
from launchers.slurm import commands as slurm_commands
from launchers.slurm.array import array_status, finished
from launchers.slurm.held import held_s, with_held
from launchers.slurm.states import Job

COUNT = 3
LAUNCH = {"memory_mb": 512, "walltime_s": None, "spec": {"parts": COUNT}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for place in (tmp_path, *slurm_array.folders(tmp_path, COUNT)):
        place.mkdir(parents=True, exist_ok=True)
        (place / "launch.json").write_text(json.dumps(LAUNCH))
    for place in slurm_array.folders(tmp_path, COUNT):
        (place / "stop").symlink_to(Path("..", "..", "stop"))
    return tmp_path


@pytest.fixture
def cancelled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr(slurm_commands, "cancel", said.append)
    return said


def tasks(*states: str) -> list[Job]:
    return [Job("7", state, "Resources", nodes="n1", task=number) for number, state in enumerate(states)]


def end(folder: Path, number: int | None, code: int = 0) -> None:
    place = folder if number is None else folder / "parts" / str(number)
    (place / "claim.json").write_text(json.dumps({"job": "7", "task": number or 0}))
    (place / "exit.json").write_text(json.dumps({"code": code, "cause": ""}))


def judged(folder: Path, *states: str) -> dict[str, Any]:
    return array_status(folder, LAUNCH, tasks(*states), "7")


def test_it_waits_while_all_parts_do(folder: Path) -> None:
    state = judged(folder, "PENDING", "PENDING", "PENDING")
    assert state == {
        "state": "starting",
        "reason": "waits in Slurm's queue as job 7_0 (Resources); 0 of 3 parts are done",
    }


def test_it_runs_from_the_first_part_to_the_end_of_the_joining(folder: Path) -> None:
    assert judged(folder, "RUNNING", "PENDING", "PENDING")["reason"] == "0 of 3 parts are done"
    end(folder, 0)
    assert judged(folder, "COMPLETED", "PENDING", "PENDING") == {
        "state": "running",
        "reason": "1 of 3 parts are done",
    }
    end(folder, 1)
    end(folder, 2)
    assert judged(folder, "COMPLETED", "COMPLETED", "RUNNING")["state"] == "running"
    end(folder, None)
    assert judged(folder, "COMPLETED", "COMPLETED", "COMPLETED") == {
        "state": "exited",
        "code": 0,
        "reason": "completed",
    }


def test_a_part_that_failed_stops_the_others_once_and_ends_it_in_its_words(
    folder: Path, cancelled: list[str]
) -> None:
    end(folder, 1, 3)
    words = "part 2 of 3: exited with code 3"
    for _ in range(2):
        state = judged(folder, "RUNNING", "COMPLETED", "RUNNING")
        assert state == {"state": "running", "reason": f"{words}; the other parts are being stopped"}
    assert cancelled == ["7"]
    state = judged(folder, "CANCELLED", "COMPLETED", "CANCELLED")
    assert (state["state"], state["code"], state["reason"]) == ("exited", 3, words)


def test_a_part_that_slurm_ended_is_told_in_slurms_words(folder: Path, cancelled: list[str]) -> None:
    state = judged(folder, "RUNNING", "RUNNING", "NODE_FAIL")
    assert state["reason"].startswith("part 3 of 3: killed: its node failed; Slurm says NODE_FAIL of job 7_2")
    assert cancelled == ["7"]


def test_parts_that_left_no_trace_are_not_known_before_they_are_lost(folder: Path) -> None:
    end(folder, 0)
    state = array_status(folder, LAUNCH, tasks("COMPLETED"), "7")
    assert state["state"] == "unknown"
    assert "no job 7_1 any more" in state["reason"]


def test_what_was_stopped_before_it_began_has_no_exit_code(folder: Path) -> None:
    (folder / "stop").write_text("10")
    state = judged(folder, "CANCELLED", "CANCELLED", "CANCELLED")
    assert (state["code"], state["reason"]) == (None, "stopped as asked, before it began")


def test_tasks_that_slurm_took_out_of_the_queue_without_a_record_have_ended_too(folder: Path) -> None:
    (folder / "stop").write_text("10")
    end(folder, 0, 130)
    state = array_status(folder, LAUNCH, tasks("COMPLETED"), "7")
    assert (state["state"], state["code"]) == ("exited", 143)


def test_exactly_one_of_many_is_the_last(tmp_path: Path) -> None:
    told: list[bool] = []
    threads = [
        threading.Thread(target=lambda number=number: told.append(finished(tmp_path, number, 20)))
        for number in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 19 + [True]


def test_every_part_counts_for_as_long_as_slurm_says_also_when_it_forgets(folder: Path) -> None:
    told = [Job("7", "RUNNING", task=0, held_s=100), Job("7", "RUNNING", task=1, held_s=20)]
    running = with_held(folder, LAUNCH, told, {"state": "running", "reason": ""})
    assert (running["held_s"], Status.from_json(running).held_s) == (120.0, 120.0)
    later = [Job("7", "COMPLETED", task=1, held_s=50), Job("7", "RUNNING", task=2, held_s=5)]
    ended = with_held(folder, LAUNCH, later, {"state": "exited", "code": 0, "reason": "completed"})
    assert ended["held_s"] == 155.0
    assert json.loads((folder / "final.json").read_text()) == ended  # it is told again, without Slurm


def test_a_part_of_which_slurm_says_nothing_counts_by_its_runners_files(folder: Path) -> None:
    end(folder, 0)
    end(folder, None)  # part 0 was the last, and joined the parts for 30 s
    part = folder / "parts" / "0"
    for path, moment in (
        (part / "claim.json", -100),
        (part / "exit.json", -60),
        (folder / "claim.json", -50),
    ):
        moved(path, moment)
    moved(folder / "exit.json", -20)
    assert held_s(folder, LAUNCH, []) == pytest.approx(70, abs=2)


def moved(path: Path, seconds: float) -> None:
    moment = time.time() + seconds
    os.utime(path, (moment, moment))
