"""What a platform stands on breaks in the middle of a job: database, disk, shared folder, registry."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import asyncpg
import pytest

from dashboard.auth.identity import OWNER
from dashboard.jobs.job import Job, Phase
from dashboard.platform import Platform
from launchers import Cause, ImageMissing, LaunchSpec
from launchers.fake import Script
from tests.conftest import unavailable
from tests.integration.postgresql import PostgreSQL, new_database, serving
from tests.platform.world import Container, World, add_dataset, run_on, submit, succeed

HANGS_S = 60


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """Run a PostgreSQL of this test's own, which it may restart."""
    with serving() as server:
        yield server


@pytest.fixture
async def on_postgresql(tmp_path: Path, server: PostgreSQL) -> AsyncIterator[World]:
    world = World(tmp_path / "home", url=await new_database(server.folder))
    yield world
    await world.close()


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[..., None]]:
    """Mount small file systems; all are unmounted at the end."""
    places: list[Path] = []

    def mount(place: Path, *options: str) -> None:
        place.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(["mount", *options, str(place)], capture_output=True, text=True, check=False)
        if done.returncode:
            unavailable(f"mounting ({done.stderr.strip()})")
        places.append(place)

    yield mount
    for place in reversed(places):
        subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def full(place: Path) -> Path:
    """Fill a disk; return the file to be removed to make room."""
    ballast = place / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"\0" * 4096)
    assert shutil.disk_usage(place).free == 0
    return ballast


async def until(platform: Platform, job: Job, holds: Callable[[Job], bool]) -> Job:
    """Wait until something holds of a job; the database may be away meanwhile."""
    async with asyncio.timeout(HANGS_S):
        while True:
            try:
                if holds(found := await platform.jobs.get(job.id)):
                    return found
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                pass
            except Exception as error:  # SQLAlchemy's own, around those
                if not isinstance(error.__cause__, Exception):
                    raise
            await asyncio.sleep(0.02)


async def test_a_job_outlives_a_restart_of_postgresql(on_postgresql: World, server: PostgreSQL) -> None:
    on_postgresql.behave = run_on
    platform = await on_postgresql.platform(supervise=True)
    job = await submit(platform)
    await until(platform, job, lambda job: job.phase is Phase.EXECUTING)
    [name] = on_postgresql.started()
    await asyncio.to_thread(server.stop)
    succeed(on_postgresql.node.specification(name))  # it ends well while the database is away
    on_postgresql.node.finish(name, 0)
    await asyncio.to_thread(server.start)
    job = await until(platform, job, lambda job: job.final)
    assert (job.phase, on_postgresql.started()) == (Phase.COMPLETED, [name])
    phases = [event.detail["to"] for event in await platform.jobs.events(job.id) if event.kind == "phase"]
    assert phases == ["EXECUTING", "COMPLETED"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path / "home")
    yield world
    await world.close()


async def test_a_job_that_finds_the_disk_full_says_so_and_begins_when_there_is_room(
    world: World, mounted: Callable[..., None]
) -> None:
    jobs = world.home / "jobs"
    mounted(jobs, "-t", "tmpfs", "-o", "size=256k", "tmpfs")
    platform = await world.platform(supervise=True)
    dataset, ballast = await add_dataset(platform), full(jobs)
    policy = {"times": {"not_started": 20}, "backoff_s": 0.1}
    job = await submit(platform, dataset, retry=policy)
    job = await until(platform, job, lambda job: "the disk is full" in job.reason)
    assert job.phase is Phase.QUEUED
    ballast.unlink()
    assert (await until(platform, job, lambda job: job.final)).phase is Phase.COMPLETED
    assert len(world.started()) == 1


async def test_a_result_that_the_full_disk_does_not_take_is_kept_until_it_does(
    world: World, mounted: Callable[..., None]
) -> None:
    models = world.home / "models"
    mounted(models, "-t", "tmpfs", "-o", "size=256k", "tmpfs")
    ballast = full(models)
    platform = await world.platform(supervise=True)
    job = await submit(platform)
    job = await until(platform, job, lambda job: "the disk is full" in job.reason)
    assert not job.final
    ballast.unlink()
    assert (await until(platform, job, lambda job: job.final)).phase is Phase.COMPLETED
    assert (models / f"m-{job.id}" / "weights.bin").read_text() == "weights"


async def test_a_job_whose_shared_folder_is_not_mounted_is_waited_for(
    world: World, tmp_path: Path, mounted: Callable[..., None]
) -> None:
    jobs, behind = world.home / "jobs", tmp_path / "behind"
    behind.mkdir()
    mounted(jobs, "--bind", str(behind))
    world.behave = run_on
    platform = await world.platform(supervise=True)
    job = await submit(platform)
    await until(platform, job, lambda job: job.phase is Phase.EXECUTING)
    [name] = world.started()
    await asyncio.to_thread(subprocess.run, ["umount", "-l", str(jobs)], check=True)
    away = Container(behind / job.id / name)  # the node goes on writing into it, and ends
    away.model()
    away.exit()
    world.node.finish(name, 0)
    job = await until(platform, job, lambda job: "is the shared folder mounted" in job.reason)
    assert job.phase is Phase.EXECUTING
    mounted(jobs, "--bind", str(behind))
    job = await until(platform, job, lambda job: job.final)
    assert (job.phase, job.reason, world.started()) == (Phase.COMPLETED, "", [name])


async def test_a_job_whose_registry_is_away_ends_with_the_reason_and_is_tried_again_when_asked_to(
    world: World,
) -> None:
    away = {"yes": True}
    platform = await world.platform(supervise=True)
    launcher = platform.nodes.launcher("local")
    really = launcher.prepare

    async def prepare(image: str) -> str:
        if away["yes"]:
            raise ImageMissing("fake", f"{image} cannot be had: the registry does not answer")
        return await really(image)

    launcher.prepare = prepare  # type: ignore[method-assign]
    job = await until(platform, await submit(platform), lambda job: job.final)
    assert job.phase is Phase.ERROR
    assert "the registry does not answer" in job.reason
    [attempt] = await platform.jobs.attempts(job.id)
    assert attempt.failure == "not_started"
    away["yes"] = False
    await platform.retry(job.id, OWNER)
    assert (await until(platform, job, lambda job: job.final)).phase is Phase.COMPLETED


async def test_a_runner_that_is_killed_with_its_node_is_tried_again_on_another_run(world: World) -> None:
    failed: list[str] = []

    def behave(spec: LaunchSpec) -> Script:
        if failed:
            return succeed(spec)
        failed.append(spec.name)
        return Script(exit_code=137, cause=Cause.RESTARTED)

    world.behave = behave
    platform = await world.platform(supervise=True)
    policy = {"times": {"node_failure": 1}, "backoff_s": 0.1}
    job = await until(platform, await submit(platform, retry=policy), lambda job: job.final)
    assert job.phase is Phase.COMPLETED
    assert [one.failure for one in await platform.jobs.attempts(job.id)] == ["node_failure", ""]
