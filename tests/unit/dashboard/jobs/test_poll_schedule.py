"""How often running jobs are looked at."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dashboard.jobs.supervisor.poll_schedule import (
    FASTEST_S,
    GLANCE_S,
    LOOKS_PER_S,
    ROWS_PER_S,
    SOONER,
    PollSchedule,
)


@pytest.fixture
def pace() -> PollSchedule:
    return PollSchedule(slowest_s=0.5)


def looks(pace: PollSchedule, jobs: dict[str, Path], seconds: float, *, begin: float = 0.0) -> int:
    """How many looks in so much time, asked 50 times a second."""
    return sum(len(pace.due(jobs, begin + step / 50)) for step in range(round(seconds * 50)))


def test_a_job_is_looked_at_when_it_is_first_seen(pace: PollSchedule, tmp_path: Path) -> None:
    assert pace.due({"a": tmp_path}, 0.0) == {"a"}
    assert pace.due({"a": tmp_path}, 0.0) == set()


def test_a_young_job_is_looked_at_more_often_than_an_old_one(tmp_path: Path) -> None:
    pace, jobs = PollSchedule(0.5), {"a": tmp_path}
    young = looks(pace, jobs, 1.0)
    old = looks(pace, jobs, 1.0, begin=3600.0)
    assert young > 3 * old > 0
    assert old <= 3  # every half second, whatever its age


def test_many_jobs_are_looked_at_no_more_often_than_a_few(pace: PollSchedule, tmp_path: Path) -> None:
    jobs = {f"j{number}": tmp_path for number in range(500)}
    pace.due(jobs, 0.0)  # all are new
    assert looks(pace, jobs, 20.0, begin=1.0) <= 1.2 * 20 * LOOKS_PER_S


@pytest.mark.parametrize("name", ["exit.json", "progress.jsonl", "log.txt"])
def test_a_file_that_changes_is_looked_at_at_once(pace: PollSchedule, tmp_path: Path, name: str) -> None:
    jobs = {f"j{number}": tmp_path / str(number) for number in range(500)}
    for out in jobs.values():
        out.mkdir()
    pace.due(jobs, 0.0)
    (jobs["j7"] / name).write_text("{}")
    assert pace.due(jobs, 0.01) == {"j7"}
    assert pace.due(jobs, 0.02) == set()


def test_passes_come_fast_for_a_young_job_and_slowly_for_many(pace: PollSchedule, tmp_path: Path) -> None:
    pace.due({"a": tmp_path}, 0.0)
    assert pace.pause(0.1) == FASTEST_S
    assert pace.pause(3600.0) == 0.5
    pace.due({f"j{number}": tmp_path for number in range(500)}, 0.0)
    assert pace.pause(0.1) == 500 / ROWS_PER_S


def test_a_runner_that_begins_or_ends_is_named_once_without_a_look_at_the_rows(
    pace: PollSchedule, tmp_path: Path
) -> None:
    pace.due({"a": tmp_path}, 0.0)
    assert pace.stirred() == set()
    (tmp_path / "begin.json").write_text("{}")
    assert pace.stirred(busy={"a"}) == set()  # who looks at it now may have looked too early
    assert pace.stirred() == {"a"}
    assert pace.stirred() == set()
    (tmp_path / "log.txt").write_text("printed")
    assert pace.stirred() == set()  # that can wait for the next look
    (tmp_path / "exit.json").write_text("{}")
    assert pace.stirred() == {"a"}


def test_the_disk_is_asked_more_often_than_the_rows(pace: PollSchedule, tmp_path: Path) -> None:
    assert pace.glance() == math.inf
    pace.due({"a": tmp_path}, 0.0)
    assert pace.glance(1.0) == pace.pause(1.0) / SOONER
    assert pace.glance(0.01) == GLANCE_S


def test_what_has_ended_is_forgotten(pace: PollSchedule, tmp_path: Path) -> None:
    pace.due({"a": tmp_path}, 0.0)
    pace.due({}, 1.0)
    assert pace.due({"a": tmp_path}, 1.0) == {"a"}
