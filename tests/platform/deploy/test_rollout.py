"""From one version to the next, and back, without a failed request."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest

from deploy.model.deployment import DeploymentError, Scaling
from deploy.model.rollout import promoted, rolled_back, with_canary, with_version, without_canary
from deploy.model.status import DeploymentState
from tests.platform.deploy.world import DeployWorld, deployment, until, version

SECOND = version(image="two", model="m2")


@asynccontextmanager
async def calls(world: DeployWorld, answers: list[tuple[int, str]]) -> AsyncIterator[None]:
    """Go on calling until the block ends."""
    done = asyncio.Event()

    async def go_on() -> None:
        while not done.is_set():
            status, body, _ = await world.call(data=b"x")
            answers.append((status, body.get("image", body.get("detail", ""))))

    callers = [asyncio.create_task(go_on()) for _ in range(4)]
    try:
        yield
    finally:
        done.set()
        await asyncio.gather(*callers)


async def test_a_new_version_takes_over_and_a_roll_back_returns_without_a_failed_request(
    world: DeployWorld,
) -> None:
    await world.service.create(deployment(scaling=Scaling(minimum=2, maximum=2)))
    await world.ready(2)
    answers: list[tuple[int, str]] = []
    async with calls(world, answers):
        await world.service.change("be-stars", lambda one: with_version(one, SECOND, 100))
        await until(lambda: world.running() == ["two", "two"])
        await until(lambda: answers[-1][1] == "two")
        await world.service.change("be-stars", rolled_back)
        await until(lambda: world.running() == ["one", "one"])
        await until(lambda: answers[-1][1] == "one")
    assert {status for status, _ in answers} == {200}
    assert [one.number for one in world.service.get("be-stars")[0].versions] == [1, 2]


async def test_a_version_that_never_starts_harms_nobody(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    world.node.images = {"one"}
    await world.service.change("be-stars", lambda one: with_version(one, SECOND, 100))
    await until(lambda: "image two is not on this node" in world.status().reason)
    assert world.status().state is DeploymentState.DEPLOYED
    assert [(await world.call())[1]["image"] for _ in range(5)] == ["one"] * 5
    await world.service.change("be-stars", rolled_back)
    await until(lambda: not world.status().reason)


async def test_a_version_as_canary_gets_its_share(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(range(10_000))
    monkeypatch.setattr("deploy.control.controller.random.random", lambda: next(drawn) % 100 / 100)
    await world.service.create(deployment())
    await world.ready()
    await world.service.change("be-stars", lambda one: with_version(one, SECOND, 30))
    await world.ready(2)
    answers = Counter([(await world.call())[1]["image"] for _ in range(100)])
    assert answers == {"one": 70, "two": 30}
    await world.service.change("be-stars", promoted)
    await until(lambda: world.running() == ["two"])
    assert (await world.call())[1]["image"] == "two"


async def test_while_the_version_as_canary_is_not_ready_the_stable_one_answers(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    world.node.images = {"one"}
    await world.service.change("be-stars", lambda one: with_version(one, SECOND, 99))
    assert {(await world.call())[1]["image"] for _ in range(10)} == {"one"}


async def test_a_trial_that_ends_is_taken_away(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    await world.service.change("be-stars", lambda one: with_version(one, SECOND, 50))
    await world.ready(2)
    await world.service.change("be-stars", without_canary)
    await until(lambda: world.running() == ["one"])


def test_the_history_says_where_a_roll_back_goes() -> None:
    first = deployment()
    second = with_version(first, SECOND, 100)
    assert (second.stable, second.previous, second.version().image) == (2, 1, "two")
    assert rolled_back(second).stable == 1
    assert rolled_back(rolled_back(second)).stable == 2
    tried = with_version(second, version(image="three"), 10)
    assert (tried.stable, tried.canary, tried.share) == (2, 3, 10)
    assert rolled_back(tried) == without_canary(tried)
    assert with_canary(tried, 3, 100).stable == 3


def test_what_cannot_be_is_rejected() -> None:
    first = deployment()
    with pytest.raises(DeploymentError, match="no previous version"):
        rolled_back(first)
    with pytest.raises(DeploymentError, match="there is no canary"):
        promoted(first)
    with pytest.raises(DeploymentError, match="has no version 7"):
        promoted(first, 7)
    with pytest.raises(DeploymentError, match="is the stable one"):
        with_canary(first, 1, 50)
    with pytest.raises(DeploymentError, match="from 0 to 100"):
        with_version(first, SECOND, 101)


def test_a_container_is_named_after_all_that_it_serves() -> None:
    one = deployment()
    names = {
        one.replica(1, 0, "me"),
        one.replica(1, 1, "me"),
        deployment(created="2027-01-01T00:00:00.000Z").replica(1, 0, "me"),
        deployment(versions=(version(model="m2"),)).replica(1, 0, "me"),
        deployment(versions=(version(resources={"cpus": 4}),)).replica(1, 0, "me"),
        with_version(one, version(), 5).replica(2, 0, "me"),
        one.replica(1, 0, "you"),
    }
    assert len(names) == 7
    longest = partial(deployment, "a" * 40)
    assert len(longest().replica(1, 63, "me")) <= 63
