"""Whose turn it is: fewest running first, then who waits longest."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import Conflict
from dashboard.jobs.fairness import at_limit, in_turn
from dashboard.jobs.job import Phase
from dashboard.jobs.request import JobRequest
from dashboard.jobs.supervisor import messages
from dashboard.platform import Platform
from dashboard.settings import JobsSettings, NodeSettings, Settings
from tests.platform.world import World, add_dataset, run_on


@dataclass(frozen=True)
class Waiting:
    id: str
    owner: str
    created: str


def waiting(*owners: str) -> list[Waiting]:
    """One job for each name, oldest first."""
    return [Waiting(f"{owner}{number}", owner, f"2026-{number:04}") for number, owner in enumerate(owners)]


def order(jobs: list[Waiting], served: dict[str, int] | None = None, **running: int) -> list[str]:
    return [job.id for job in in_turn(jobs, running, served or {})]


def test_people_take_turns_however_many_jobs_one_of_them_has() -> None:
    assert order(waiting("a", "a", "a", "b", "b")) == ["a0", "b3", "a1", "b4", "a2"]


def test_who_has_fewer_running_comes_first_though_they_came_later() -> None:
    assert order(waiting("a", "a", "b"), a=1) == ["b2", "a0", "a1"]


def test_with_one_place_people_take_turns_too() -> None:
    assert order(waiting("a", "a", "b"), served={"a": 5})[0] == "b2"
    assert order(waiting("a", "a", "b"), served={"a": 5, "b": 6})[0] == "a0"


def test_of_those_alike_the_longest_waiting_comes_first() -> None:
    assert order(waiting("b", "a")) == ["b0", "a1"]


def test_ones_own_jobs_go_oldest_first_in_whatever_order_they_are_given() -> None:
    assert order(waiting("a", "a", "a")[::-1]) == ["a0", "a1", "a2"]


def test_the_limit_of_running_jobs_is_said_in_words_and_0_is_none() -> None:
    assert not at_limit("eva", {"eva": 2}, 0)
    assert not at_limit("eva", {"eva": 1}, 2)
    assert at_limit("eva", {"eva": 2}, 2)
    assert "eva" in messages.user_limit("eva", 2, 2)


class Limited(World):
    def settings(self) -> Settings:
        base = super().settings()
        limits = JobsSettings(memory_mb=512, poll_seconds=0.02, running_per_user=1, queued_per_user=2)
        return Settings(
            base.home, modules=base.modules, jobs=limits, nodes=base.nodes, database=base.database
        )


@pytest.fixture
async def limited(world: World) -> Limited:
    made = Limited(world.home, nodes={"local": NodeSettings("fake", slots=3)}, behave=run_on)
    world.platforms = made.platforms
    return made


async def submit_as(platform: Platform, name: str, dataset: str) -> str:
    return (await platform.submit(JobRequest("toy", dataset), Identity(name, frozenset(Role)))).id


async def test_no_one_runs_more_than_the_limit_and_the_rest_say_why_they_wait(limited: Limited) -> None:
    platform = await limited.platform()
    dataset = await add_dataset(platform)
    first, second = [await submit_as(platform, "eva", dataset) for _ in range(2)]
    other = await submit_as(platform, "ondrej", dataset)
    for _ in range(3):
        await platform.supervisor.reconcile()
    found = {job: await platform.jobs.get(job) for job in (first, second, other)}
    assert [found[job].phase for job in (first, second, other)] == [
        Phase.EXECUTING,
        Phase.QUEUED,
        Phase.EXECUTING,
    ]
    assert found[second].reason == "waits for another job of eva to end: 1 run, one person may have 1"


async def test_one_job_more_than_may_wait_is_rejected_and_others_are_not(limited: Limited) -> None:
    platform = await limited.platform()
    dataset = await add_dataset(platform)
    for _ in range(2):
        await submit_as(platform, "eva", dataset)
    with pytest.raises(Conflict, match="eva has 2 jobs waiting"):
        await submit_as(platform, "eva", dataset)
    assert await submit_as(platform, "ondrej", dataset)


async def test_a_late_comer_is_not_kept_waiting_by_a_hundred_of_somebody_else(world: World) -> None:
    world.nodes = {"local": NodeSettings("fake", slots=1)}
    world.behave = run_on
    platform = await world.platform()
    dataset = await add_dataset(platform)
    many = [await submit_as(platform, "eva", dataset) for _ in range(30)]
    late = await submit_as(platform, "ondrej", dataset)
    await platform.supervisor.reconcile()
    await platform.supervisor.reconcile()
    running = [job for job in (*many, late) if (await platform.jobs.get(job)).phase is Phase.EXECUTING]
    assert len(running) == 1
    assert (await platform.jobs.queue_positions())[late] == 1
    world.node.finish(world.started()[0], 1)
    for _ in range(3):
        await platform.supervisor.reconcile()
    assert (await platform.jobs.get(late)).phase is Phase.EXECUTING
