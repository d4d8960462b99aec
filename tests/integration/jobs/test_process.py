"""Jobs as real processes, and a platform that is really killed."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.identity import OWNER
from dashboard.jobs.job import Phase
from tests.integration.jobs.toy_platform import ToyWorld, ended
from tests.platform.jobs.test_crashes import POINTS
from tests.platform.world import submit

ROOT = Path(__file__).resolve().parents[3]


def run(home: Path, point: str = "", epochs: int = 1) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.integration.jobs.toy_platform", str(home), str(epochs), point]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def outcome(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def runs(home: Path) -> list[str]:
    return (home / "jobs" / "runs").read_text().split()


@pytest.fixture
async def toys(tmp_path: Path) -> AsyncIterator[ToyWorld]:
    world = ToyWorld(tmp_path / "home")
    yield world
    await world.close()


@pytest.mark.parametrize("point", [point for point in POINTS if point != "executing-recorded"])
def test_a_platform_killed_by_sigkill_finishes_the_job_once(tmp_path: Path, point: str) -> None:
    home = tmp_path / "home"
    assert run(home, point).returncode == -signal.SIGKILL
    job = outcome(run(home))
    assert (job["phase"], job["models"], job["metrics"]) == ("COMPLETED", 1, {"files": 2.0})
    assert len(runs(home)) == 1


async def test_a_running_job_outlives_its_platform_and_is_attached_to_again(toys: ToyWorld) -> None:
    killed = run(toys.home, "executing-recorded", epochs=5)
    assert killed.returncode == -signal.SIGKILL
    platform = await toys.toy_platform()
    [job] = (await platform.jobs.list(identity=OWNER)).items
    assert job.phase is Phase.EXECUTING
    [attempt] = await platform.jobs.attempts(job.id)
    (platform.jobs.attempt_folder(attempt) / "go").touch()
    job, _ = await ended(platform, job.id)
    assert (job.phase, runs(toys.home)) == (Phase.COMPLETED, [attempt.id])


@pytest.mark.parametrize(
    ("epochs", "code", "reason"),
    [
        (2, 3, "before its code started"),
        (3, 0, "Last log lines: I have nothing to say to exit.json"),
        (4, 137, "killed"),
    ],
)
async def test_a_process_that_ends_badly_is_an_error_with_the_reason(
    toys: ToyWorld, epochs: int, code: int, reason: str
) -> None:
    platform = await toys.toy_platform()
    job, attempt = await ended(platform, (await submit(platform, parameters={"epochs": epochs})).id)
    assert (job.phase, attempt.exit_code) == (Phase.ERROR, code)
    assert reason in job.reason


async def test_an_abort_reaches_the_process_and_is_told_as_an_abort(toys: ToyWorld) -> None:
    platform = await toys.toy_platform()
    job = await submit(platform, parameters={"epochs": 6})
    while not list(platform.jobs.folder.glob("*/*/out/ready")):
        await asyncio.sleep(0.02)
    await platform.abort(job.id, OWNER)
    job, attempt = await ended(platform, job.id)
    assert (job.phase, job.reason, attempt.exit_code) == (Phase.ABORTED, "asked to stop", 130)
