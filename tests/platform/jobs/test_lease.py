"""Of several supervisors on one database one acts; who lost the lease does nothing more."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable
from typing import Any

import pytest
from sqlalchemy import update

from dashboard.database.tables import leases
from dashboard.jobs.job import Phase
from dashboard.jobs.supervisor import lease as module
from dashboard.jobs.supervisor.lease import Lease, LeaseLost
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, only_attempt, run_on, settle, submit

SECONDS = 60.0


@pytest.fixture
async def pair(world: World) -> tuple[Lease, Lease]:
    """Two supervisors' leases on one database, none of them taken."""
    platform = await world.platform()
    await platform.supervisor._context.lease.release()
    folder = world.home / "supervisors"
    first = Lease(platform.database, folder, SECONDS)
    second = Lease(platform.database, folder, SECONDS)
    return first, second


async def expire(lease: Lease) -> None:
    """Let the time of the lease pass, in the database."""
    async with lease._database.write() as connection:
        await connection.execute(update(leases).values(expires=1.0))


async def guarded(lease: Lease) -> None:
    async with lease._database.write() as connection:
        await lease.guard(connection)


async def test_one_of_several_has_the_lease(pair: tuple[Lease, Lease]) -> None:
    held = await asyncio.gather(*(lease.hold() for lease in pair))
    assert sorted(held) == [False, True]
    assert [lease.held for lease in pair] == held


async def test_a_lease_that_is_given_back_is_free_at_once(pair: tuple[Lease, Lease]) -> None:
    first, second = pair
    assert await first.hold()
    assert not await second.hold()
    await first.release()
    assert await second.hold()
    with pytest.raises(LeaseLost):
        first.check()


async def test_a_supervisor_that_renews_keeps_it(
    pair: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    assert await first.hold()
    term = first._term
    later = module.now() + SECONDS / 2
    monkeypatch.setattr(module, "now", lambda: later)
    assert await first.hold()
    assert (first._expires, first._term) == (later + SECONDS, term)
    assert not await second.hold()


async def test_another_takes_an_expired_lease_and_the_first_may_not_act(pair: tuple[Lease, Lease]) -> None:
    first, second = pair
    assert await first.hold()
    await expire(first)
    assert await second.hold()
    first.check()  # its own clock says nothing yet, but the database does
    with pytest.raises(LeaseLost):
        await guarded(first)
    with pytest.raises(LeaseLost):
        first.check()
    assert not await first.hold()
    await guarded(second)


async def test_a_supervisor_that_was_stopped_knows_by_its_own_clock(
    pair: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = pair
    assert await first.hold()
    later = module.now() + SECONDS + 1
    monkeypatch.setattr(module, "now", lambda: later)
    with pytest.raises(LeaseLost):
        first.check()


async def test_the_next_holder_has_another_term_so_an_old_one_never_counts_again(
    pair: tuple[Lease, Lease],
) -> None:
    first, second = pair
    assert await first.hold()
    before = first._term
    await first.release()
    assert await second.hold()
    await second.release()
    first._term, first._expires = before, module.now() + SECONDS  # as if it had slept through all of it
    with pytest.raises(LeaseLost):
        await guarded(first)


async def test_a_holder_that_was_killed_is_not_waited_for(pair: tuple[Lease, Lease]) -> None:
    first, second = pair
    assert await first.hold()
    assert not await second.hold()
    assert first._alive is not None
    os.close(first._alive)  # what the kernel does with the files of a process that is killed
    first._alive = None
    assert await second.hold()
    assert not (first._folder / first.name).exists()


async def test_a_holder_on_another_machine_is_waited_for(
    pair: tuple[Lease, Lease], monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = pair
    assert await first.hold()
    assert first._alive is not None
    os.close(first._alive)
    first._alive = None
    monkeypatch.setattr(module, "boot", lambda: "another")  # its locks tell nothing here
    assert not await second.hold()


class Stopped:
    """A hook that keeps its platform at a point, as SIGSTOP would, until it is let go."""

    def __init__(self, point: str) -> None:
        self.point = point
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    async def __call__(self, point: str) -> None:
        if point == self.point and not self.reached.is_set():
            self.reached.set()
            await self.go.wait()


@pytest.mark.parametrize(
    "point",
    [
        "intended",
        "folder-written",
        "started",
        "handle-recorded",
        "end-seen",
        "results-gathered",
        "end-recorded",
    ],
)
async def test_a_supervisor_stopped_anywhere_does_nothing_more_after_another_took_over(
    world: World, point: str
) -> None:
    stopped = Stopped(point)
    first = await world.platform(stopped)
    job = await submit(first)
    passing = asyncio.create_task(_passes(first))
    await stopped.reached.wait()
    lease = first.supervisor._context.lease
    await expire(lease)
    lease._expires = 0.0  # it has slept for as long
    second = await world.beside()
    assert (await settle(second, job)).phase is Phase.COMPLETED
    calls = _watch(world, first)
    events = await second.jobs.events(job.id)
    stopped.go.set()
    await passing
    assert calls == []
    assert await second.jobs.events(job.id) == events
    assert world.started() == [(await only_attempt(second, job)).id]
    assert (world.home / "models" / f"m-{job.id}" / "model.json").is_file()


async def _passes(platform: Platform) -> None:
    for _ in range(8):
        try:
            await platform.supervisor.reconcile()
        except LeaseLost:
            continue


def _watch(world: World, platform: Platform) -> list[str]:
    """Note every act of a platform on its node from now on."""
    calls: list[str] = []
    launcher: Any = platform.nodes._entries["local"].launcher
    for name in ("start", "stop", "remove"):

        def noted(*_args: object, act: str = name) -> Awaitable[None]:
            calls.append(act)
            return asyncio.sleep(0)

        setattr(launcher, name, noted)
    return calls


async def test_one_that_stands_by_touches_nothing(world: World) -> None:
    first = await world.platform()
    second = await world.beside()
    job = await submit(first)
    for _ in range(3):
        await second.supervisor.reconcile()
    assert world.started() == []
    assert not second.supervisor.leads
    assert (await settle(first, job)).phase is Phase.COMPLETED


async def test_one_that_takes_over_goes_on_with_what_runs(world: World) -> None:
    world.behave = run_on
    first = await world.platform()
    second = await world.beside()
    job = await submit(first, await add_dataset(first))
    await first.supervisor.reconcile()
    await first.supervisor.stop()
    job = await settle(second, job)
    assert (job.phase, len(world.started())) == (Phase.EXECUTING, 1)
