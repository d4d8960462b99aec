"""Those who follow a process that stands by learn what the one that acts does."""

from __future__ import annotations

import asyncio

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.events import LiveEvent, Subscription
from dashboard.jobs.store.live_events import ENDED
from dashboard.jobs.supervisor import standby_relay as module
from dashboard.platform import Platform
from launchers.fake import Script
from launchers.spec import LaunchSpec
from tests.platform.world import Container, World, settle, submit


async def heard(platform: Platform, following: Subscription) -> list[LiveEvent]:
    """Look once, and return what was published."""
    await platform.standby_relay.relay()
    found = []
    while (event := await following.get(0)) is not None:
        found.append(event)
    return found


async def test_what_another_supervisor_does_is_told_to_those_who_follow_here(world: World) -> None:
    containers: list[Container] = []

    def train(spec: LaunchSpec) -> Script:
        containers.append(Container.of(spec))
        containers[0].begin()
        return Script()

    world.behave = train
    acting = await world.platform()
    standing = await world.beside()
    with standing.live.subscribe(["jobs"]) as following:
        assert [event.kind for event in await heard(standing, following)] == ["resync"]
        job = await submit(acting)
        assert [event.data["phase"] for event in await heard(standing, following)] == ["QUEUED"]
        await acting.supervisor.reconcile()
        assert {event.data["phase"] for event in await heard(standing, following)} == {"EXECUTING"}
        containers[0].progress(3, 10, "2026-11-20T10:00:00Z")
        containers[0].add("metrics.jsonl", {"name": "loss", "step": 3, "value": 0.5})
        with standing.live.subscribe([f"job:{job.id}"]) as one:
            told = {event.kind: event.data for event in await heard(standing, one)}
        assert told["progress"]["fraction"] == 0.3
        assert [point["value"] for point in told["metrics"]["points"]] == [0.5]
        assert [event.kind for event in await heard(standing, following)] == ["progress"]
        assert await heard(standing, following) == []


async def test_a_deleted_job_is_told_as_deleted(world: World) -> None:
    acting = await world.platform()
    standing = await world.beside()
    job = await settle(acting, await submit(acting))
    with standing.live.subscribe([f"job:{job.id}"]) as following:
        await heard(standing, following)
        await acting.jobs.delete(job.id, OWNER)
        assert [event.kind for event in await heard(standing, following)] == ["deleted"]


async def test_the_one_that_acts_hears_no_echo_of_itself(world: World) -> None:
    acting = await world.platform()
    await submit(acting)
    with acting.live.subscribe(["jobs"]) as following:
        assert await heard(acting, following) == []


async def test_who_missed_too_much_is_told_to_read_the_state_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    acting = await world.platform()
    standing = await world.beside()
    with standing.live.subscribe(["jobs"]) as following:
        await heard(standing, following)
        for _ in range(3):
            await submit(acting)
        monkeypatch.setattr(module, "MOST", 2)
        assert (await heard(standing, following))[0].kind == "resync"
        assert await heard(standing, following) == []


async def test_a_supervisor_is_nobody_who_follows_jobs(world: World) -> None:
    platform = await world.platform(supervise=True)
    async with asyncio.timeout(10):
        while not platform.live.followed(ENDED):
            await asyncio.sleep(0)
    assert not platform.live.followed("jobs")  # else what runs would be read where nobody looks
