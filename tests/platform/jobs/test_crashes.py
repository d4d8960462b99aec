"""The platform is killed at every crash point and started again: no job is lost, none runs twice."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict
from dashboard.jobs.job import AttemptState, Phase
from dashboard.platform import Platform
from tests.platform.world import Killed, World, add_dataset, only_attempt, run_on, settle, submit

POINTS = [
    "intended",
    "folder-written",
    "started",
    "handle-recorded",
    "executing-recorded",
    "end-seen",
    "results-gathered",
    "end-recorded",
    "container-removed",
]


class Killer:
    """A hook that kills the platform when it reaches a point."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.struck = False

    async def __call__(self, reached: str) -> None:
        if self.struck or reached == self.point:  # what is dead does nothing more
            self.struck = True
            raise Killed(self.point)


async def run_into(platform: Platform, killer: Killer) -> None:
    """Reconcile until the platform is killed."""
    for _ in range(8):
        with contextlib.suppress(Killed):
            await platform.supervisor.reconcile()
        if killer.struck:
            return
    pytest.fail(f"never came to {killer.point}")


@pytest.mark.parametrize("point", [point for point in POINTS if point != "executing-recorded"])
async def test_a_platform_killed_anywhere_finishes_the_job_once(world: World, point: str) -> None:
    killer = Killer(point)
    first = await world.platform(killer)
    job = await submit(first)
    await run_into(first, killer)
    await world.close()
    second = await world.platform()
    job = await settle(second, job)
    assert (job.phase, len(world.started())) == (Phase.COMPLETED, 1)
    assert (await only_attempt(second, job)).state is AttemptState.REMOVED
    assert (await second.models.list(identity=OWNER)).total == 1
    assert len(await second.jobs.artefacts(job.id)) == 5
    phases = [event.detail["to"] for event in await second.jobs.events(job.id) if event.kind == "phase"]
    assert phases.count("COMPLETED") == 1
    assert await second.nodes.launcher("local").list(f"{second.owner}-jobs") == []


@pytest.mark.parametrize("point", ["started", "handle-recorded", "executing-recorded"])
async def test_a_job_that_runs_is_attached_to_again(world: World, point: str) -> None:
    world.behave = run_on
    killer = Killer(point)
    first = await world.platform(killer)
    job = await submit(first)
    await run_into(first, killer)
    await world.close()
    second = await world.platform()
    job = await settle(second, job)
    assert (job.phase, len(world.started())) == (Phase.EXECUTING, 1)


@pytest.mark.parametrize(
    "point", ["stopped", "end-seen", "results-gathered", "end-recorded", "container-removed"]
)
async def test_an_abort_survives_a_kill(world: World, point: str) -> None:
    world.behave = run_on
    killer = Killer(point)
    first = await world.platform(killer)
    job = await submit(first)
    await first.supervisor.reconcile()
    await first.abort(job.id, OWNER)
    await run_into(first, killer)
    await world.close()
    second = await world.platform()
    job = await settle(second, job)
    assert (job.phase, len(world.started())) == (Phase.ABORTED, 1)
    assert (await only_attempt(second, job)).state is AttemptState.REMOVED


async def test_two_platforms_cannot_run_on_one_home(world: World) -> None:
    await world.platform()
    with pytest.raises(Conflict, match="Another platform runs on"):
        await world.platform()


async def test_a_home_is_never_taken_with_another_database(world: World, tmp_path: Path) -> None:
    dataset = await add_dataset(await world.platform())
    await world.close()
    before, world.url = world.url, f"sqlite:///{tmp_path / 'other.sqlite'}"
    with pytest.raises(Conflict, match="belongs to another database"):
        await world.platform()
    await world.close()
    assert (world.home / "data" / dataset / "files" / "A.csv").is_file()
    world.url = before
    assert (await world.platform()).owner


async def test_a_database_is_never_taken_with_another_home(world: World, tmp_path: Path) -> None:
    first = await world.platform()
    world.url = first.settings.database_url
    await world.close()
    mine, world.home = world.home, tmp_path / "other"
    with pytest.raises(Conflict, match="belongs to another folder"):
        await world.platform()
    await world.close()
    world.home = mine
    assert (await world.platform()).owner == first.owner


@pytest.mark.parametrize("point", ["before", "after"])
async def test_a_platform_killed_while_it_takes_its_home_takes_it_the_next_time(
    world: World, point: str
) -> None:
    first = await world.platform()
    await world.close()
    identity = world.home / "platform.id"
    if point == "after":  # committed, and not yet put in place
        identity.rename(identity.with_name("platform.id.new"))
    else:  # by a platform of before, which wrote it in place
        identity.write_text("")
    assert (await world.platform()).owner == first.owner
    assert identity.read_text().strip() == first.owner
