"""64 clients ask on and on while the model's processes are killed: nobody else notices."""

from __future__ import annotations

import asyncio
import functools
import json
import time
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest

from tests.chaos import repeated
from tests.integration.serving_faults.callers import Callers, Told, alone
from tests.integration.serving_faults.conftest import Forest
from tests.integration.serving_faults.running_gateway import (
    RunningGateway,
    is_ready,
    ready,
    serving,
    until,
    workers_of,
)

CLIENTS, EVERY_S = 64, 5.0

#: From a kill until the replacement holds the model, by the monotonic clock.
Gaps = list[tuple[float, float]]


class Outcome(NamedTuple):
    """What became of all calls, when there was no model, and the calls that did not end well."""

    told: list[Told]
    gaps: Gaps
    failed: list[Told]


async def kill_again_and_again(running: RunningGateway, seconds: float) -> Gaps:
    """Kill the worker of one replica after the other, each when its last one was replaced."""
    servers = running.servers()
    gaps: Gaps = []
    started = time.monotonic()
    for number in range(int(seconds / EVERY_S)):
        await asyncio.sleep(max(0.0, started + (number + 1) * EVERY_S - time.monotonic()))
        server = servers[number % len(servers)]
        await until(functools.partial(holds_a_model, server))
        (worker,) = workers_of(server)
        killed = time.monotonic()
        worker.kill()
        await until(functools.partial(replaced, server, worker))
        gaps.append((killed, time.monotonic()))
    return gaps


def holds_a_model(server: psutil.Process) -> bool:
    """Whether there is somebody to kill."""
    return is_ready(server) and bool(workers_of(server))


def replaced(server: psutil.Process, worker: psutil.Process) -> bool:
    """Whether another worker holds the model."""
    now = workers_of(server)
    return bool(now) and worker not in now and is_ready(server)


def report(told: list[Told], gaps: Gaps, failed: list[Told]) -> None:
    """Print what happened; a failure shows it."""
    took = sorted(each.answered - each.asked for each in told)
    again = [
        min((each.answered for each in told if each.answered > end), default=end) - end for _, end in gaps
    ]
    print(f"{len(told)} answers, {len(failed)} failed; a call took {1000 * took[len(took) // 2]:.0f} ms")
    print(
        f"(median), {1000 * took[-1]:.0f} ms at most; {len(gaps)} kills, replaced in {_longest(gaps):.2f} s"
    )
    print(f"at most, and the next answer came {max(again):.2f} s after that, at most")


def _longest(gaps: Gaps) -> float:
    return max(end - begin for begin, end in gaps)


def wrong(told: list[Told], expected: dict[str, bytes]) -> list[Told]:
    """Return the answers that are not, to the byte, those that a caller who is alone gets."""
    return [each for each in told if each.status != 200 or each.body != expected[each.name]]


async def under_fire(forest: Forest, folder: Path, replicas: int, seconds: float) -> Outcome:
    """Deploy the forest, let 64 clients ask, and kill; when it is over, all replicas must be back."""
    async with serving(folder, forest.model, replicas) as running:
        expected = await alone(running.address, forest.stars)
        async with Callers(running.address, forest.stars, CLIENTS) as callers:
            gaps = await kill_again_and_again(running, seconds)
        await until(lambda: len(ready(running)) == replicas)
    failed = wrong(callers.told, expected)
    report(callers.told, gaps, failed)
    assert len(gaps) == seconds / EVERY_S
    assert len(callers.told) > 10 * CLIENTS
    return Outcome(callers.told, gaps, failed)


@pytest.mark.chaos
async def test_with_two_replicas_no_request_fails(forest: Forest, tmp_path: Path) -> None:
    outcome = await under_fire(forest, tmp_path, 2, repeated(60.0, 20.0))
    assert outcome.failed == []


@pytest.mark.chaos
async def test_with_one_replica_only_those_in_flight_at_a_kill_fail(forest: Forest, tmp_path: Path) -> None:
    told, gaps, failed = await under_fire(forest, tmp_path, 1, repeated(30.0, 15.0))
    for each in failed:
        assert any(each.asked <= end and begin <= each.answered for begin, end in gaps), each
        assert problem(each)["status"] == 503
        assert "The model's process ended while it worked on this" in problem(each)["detail"]
        assert int(each.headers["Retry-After"]) >= 1
    # At most those of one batch, each of whom was tried again alone.
    assert len(failed) <= len(gaps) * CLIENTS
    # After the last kill everybody is answered again.
    assert all(each not in failed for each in told if each.asked > gaps[-1][1])


def problem(told: Told) -> Any:
    """Return the problem document of an answer."""
    assert told.headers["Content-Type"] == "application/problem+json", told
    return json.loads(told.body)
