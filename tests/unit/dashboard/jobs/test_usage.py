"""What an attempt used, read from lines that a container wrote."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.base.resources import Resources
from dashboard.jobs.folder.usage import POINTS, usage_of

ASKED = Resources(cpus=4, memory_mb=4096)


def line(second: int, cpu_s: float, memory_mb: float = 100.0, **more: Any) -> dict[str, Any]:
    stamp = f"2026-11-30T10:{second // 60:02d}:{second % 60:02d}.000Z"
    return {"time": stamp, "cpu_s": cpu_s, "memory_mb": memory_mb, **more}


def test_shares_and_curves_follow_from_the_samples() -> None:
    found = usage_of([line(5, 5.0), line(10, 15.0, 900.0), line(15, 15.0, 50.0)], ASKED)
    assert [(one.seconds, one.processors) for one in found.samples] == [(5, 1.0), (10, 2.0), (15, 0.0)]
    assert (found.elapsed_s, found.cpu_s, found.memory_mb) == (15, 15, 900)
    assert found.cpu_share == pytest.approx(15 / 60)
    assert found.memory_share == pytest.approx(900 / 4096)
    assert not found.suggestion  # too short to say


def test_much_less_is_suggested_where_it_would_have_been_enough() -> None:
    wasteful = usage_of([line(5, 5.0), line(600, 600.0, 900.0)], ASKED)
    assert wasteful.suggestion == {"cpus": 1.0, "memory_mb": 1280.0}
    assert not usage_of([line(5, 20.0), line(600, 2300.0, 3900.0)], ASKED).suggestion


def test_parts_of_an_array_are_added_and_each_is_a_curve() -> None:
    lines = [line(5, 4.0, part=0), line(25, 4.0, part=1), line(10, 8.0, 300.0, part=0), line(30, 9.0, part=1)]
    found = usage_of(lines, ASKED)
    assert (found.elapsed_s, found.cpu_s, found.memory_mb) == (20, 17, 300)
    assert [(one.part, one.seconds) for one in found.samples] == [(0, 5), (0, 10), (1, 25), (1, 30)]


def test_lines_without_sense_are_passed_over() -> None:
    wrong: list[dict[str, Any]] = [
        {},
        {"time": "yesterday", "cpu_s": 1, "memory_mb": 1},
        line(5, float("nan")),
        line(5, -1.0),
        {**line(5, 1.0), "memory_mb": "much"},
        {**line(5, 1.0), "cpu_s": 1e400},
    ]
    assert usage_of(wrong, ASKED).to_json()["samples"] == []
    assert usage_of([], ASKED).cpu_share is None
    odd = usage_of([*wrong, line(5, 2.0, gpu_percent="all", part=True)], ASKED)
    assert [one.gpu_percent for one in odd.samples] == [None]


def test_a_long_run_is_thinned_and_its_times_stay_exact() -> None:
    found = usage_of([line(5 + number, float(number)) for number in range(3 * POINTS)], ASKED)
    assert len(found.samples) == POINTS
    assert found.cpu_s == 3 * POINTS - 1
    assert all(one.processors == pytest.approx(1, abs=0.5) for one in found.samples[1:])
