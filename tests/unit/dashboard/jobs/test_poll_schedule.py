"""How often running jobs are looked at."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from dashboard.jobs.supervisor.poll_schedule import (
    CHECK_LEAST_S,
    CHECKS_PER_PASS,
    FASTEST_S,
    POLLS_PER_S,
    ROWS_PER_S,
    PollSchedule,
)


@pytest.fixture
def schedule() -> PollSchedule:
    return PollSchedule(longest_s=0.5)


def looks(
    schedule: PollSchedule, jobs: dict[str, Path], seconds: float, *, begin: float = 0.0, per_second: int = 50
) -> int:
    """Count the looks in a time, with so many questions a second."""
    steps = range(round(seconds * per_second))
    return sum(len(schedule.due(jobs, begin + step / per_second)) for step in steps)


def test_a_job_is_looked_at_when_it_is_first_seen(schedule: PollSchedule, tmp_path: Path) -> None:
    assert schedule.due({"a": tmp_path}, 0.0) == {"a"}
    assert schedule.due({"a": tmp_path}, 0.0) == set()


def test_a_young_job_is_looked_at_more_often_than_an_old_one(tmp_path: Path) -> None:
    schedule, jobs = PollSchedule(0.5), {"a": tmp_path}
    young = looks(schedule, jobs, 1.0)
    old = looks(schedule, jobs, 1.0, begin=3600.0)
    assert young > 3 * old > 0
    assert old <= 3  # every half second, whatever its age


def test_many_jobs_are_looked_at_no_more_often_than_a_few(schedule: PollSchedule, tmp_path: Path) -> None:
    jobs = {f"j{number}": tmp_path for number in range(100)}
    schedule.due(jobs, 0.0)  # all are new
    # Long enough that each job's turn comes several times.
    assert 100 < looks(schedule, jobs, 40.0, begin=1.0, per_second=10) <= 1.2 * 40 * POLLS_PER_S


@pytest.mark.parametrize("name", ["exit.json", "progress.jsonl", "log.txt"])
def test_a_file_that_changes_is_looked_at_at_once(schedule: PollSchedule, tmp_path: Path, name: str) -> None:
    jobs = {f"j{number}": tmp_path / str(number) for number in range(500)}
    for out in jobs.values():
        out.mkdir()
    schedule.due(jobs, 0.0)
    (jobs["j7"] / name).write_text("{}")
    assert schedule.due(jobs, 0.01) == {"j7"}
    assert schedule.due(jobs, 0.02) == set()


def test_passes_come_fast_for_a_young_job_and_slowly_for_many(schedule: PollSchedule, tmp_path: Path) -> None:
    schedule.due({"a": tmp_path}, 0.0)
    assert schedule.pass_interval(0.1) == FASTEST_S
    assert schedule.pass_interval(3600.0) == 0.5
    schedule.due({f"j{number}": tmp_path for number in range(500)}, 0.0)
    assert schedule.pass_interval(0.1) == 500 / ROWS_PER_S


def test_a_runner_that_begins_or_ends_is_named_once_without_a_look_at_the_rows(
    schedule: PollSchedule, tmp_path: Path
) -> None:
    schedule.due({"a": tmp_path}, 0.0)
    assert schedule.started_or_ended() == set()
    (tmp_path / "begin.json").write_text("{}")
    assert schedule.started_or_ended(busy={"a"}) == set()  # who looks at it now may have looked too early
    assert schedule.started_or_ended() == {"a"}
    assert schedule.started_or_ended() == set()
    (tmp_path / "log.txt").write_text("printed")
    assert schedule.started_or_ended() == set()  # that can wait for the next look
    (tmp_path / "exit.json").write_text("{}")
    assert schedule.started_or_ended() == {"a"}


def test_the_disk_is_asked_more_often_than_the_rows(schedule: PollSchedule, tmp_path: Path) -> None:
    assert schedule.check_interval() == math.inf
    schedule.due({"a": tmp_path}, 0.0)
    assert schedule.check_interval(1.0) == schedule.pass_interval(1.0) / CHECKS_PER_PASS
    assert schedule.check_interval(0.01) == CHECK_LEAST_S


def test_what_has_ended_is_forgotten(schedule: PollSchedule, tmp_path: Path) -> None:
    schedule.due({"a": tmp_path}, 0.0)
    schedule.due({}, 1.0)
    assert schedule.due({"a": tmp_path}, 1.0) == {"a"}
