"""Several replicas: who answers, who is left out, and what happens to requests when one dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace

import pytest

from deploy.control import replica as replica_module
from deploy.model.deployment import Scaling
from deploy.model.status import DeploymentState
from tests.platform.deploy.world import DeployWorld, deployment, is_in, states, until

TWO = Scaling(minimum=2, maximum=2)


async def test_a_request_goes_to_the_replica_that_has_the_fewest(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=TWO))
    await world.ready(2)
    first, second = world.replicas.values()
    first.hold.clear()
    held = [asyncio.create_task(world.call())]
    while not first.arrived.is_set():  # until one hangs in the first
        await until(
            lambda: all(task.done() for task in held[:-1]) and (held[-1].done() or first.arrived.is_set())
        )
        if not first.arrived.is_set():
            held.append(asyncio.create_task(world.call()))
    before = len(second.got)
    for _ in range(5):
        assert (await world.call())[0] == 200
    assert len(second.got) == before + 5
    first.hold.set()
    assert {status for status, _, _ in await asyncio.gather(*held)} == {200}


async def test_replicas_are_spread_over_the_nodes(world: DeployWorld) -> None:
    await world.service.create(deployment(nodes=("local", "other"), scaling=Scaling(minimum=4, maximum=4)))
    await world.ready(4)
    assert Counter(one.node for one in world.status().replicas) == {"local": 2, "other": 2}


async def test_a_node_that_is_down_leaves_its_share_to_the_other(world: DeployWorld) -> None:
    world.launchers["other"].node.down = "no route"
    await world.service.create(deployment(nodes=("local", "other"), scaling=TWO))
    await world.ready(2)
    assert {one.node for one in world.status().replicas} == {"local"}


async def test_a_replica_that_does_not_answer_is_left_out_and_comes_back(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=TWO))
    await world.ready(2)
    ill, _ = world.replicas.values()
    ill.health = 503
    await until(lambda: "ejected" in states(world.status()))
    before = len(ill.got)
    assert {(await world.call())[0] for _ in range(10)} == {200}
    assert (len(ill.got), world.status().state) == (before, DeploymentState.DEPLOYED)
    ill.health = 200
    await world.ready(2)
    assert world.status().restarts == 0


async def test_a_replica_that_stays_silent_is_started_afresh(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replica_module, "REPLACE_AFTER_S", 0.05)
    await world.service.create(deployment())
    await world.ready()
    [silent] = world.replicas.values()
    silent.health = 503
    await until(lambda: "has not answered for" in world.status().reason)
    silent.health = 200
    await world.ready()
    assert len(world.node.started) == 2


async def test_a_request_that_a_dead_replica_did_not_take_is_answered_by_another(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=TWO))
    await world.ready(2)
    dead = next(iter(world.replicas.values()))
    assert dead.server
    await dead.server.close()
    answers = [await world.call(data=b"x" * 1000) for _ in range(20)]
    assert {status for status, _, _ in answers} == {200}
    assert {body["length"] for _, body, _ in answers} == {1000}


async def test_a_prediction_that_a_replica_cannot_make_now_is_made_by_another(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=TWO))
    await world.ready(2)
    busy, free = world.replicas.values()
    busy.status = 503
    assert {(await world.call(data=b"x"))[0] for _ in range(20)} == {200}
    free.status = 503
    assert (await world.call(data=b"x"))[0] == 503


async def test_a_training_is_never_sent_twice(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=TWO))
    await world.ready(2)
    for one in world.replicas.values():
        one.status = 503
    world.caller = world.caller.OWNER
    assert (await world.call("v2/models/rdf/train/", data=b"x"))[0] == 503
    assert sum(len(one.got) for one in world.replicas.values()) == 1


async def test_a_load_brings_replicas_and_its_end_takes_them(
    world: DeployWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.control.autoscaler.UP_WINDOW_S", 0.05)
    scaling = Scaling(minimum=1, maximum=3, concurrency=2, stabilisation_s=0.05)
    await world.service.create(deployment(scaling=scaling))
    await world.ready()
    [first] = world.replicas.values()
    first.hold.clear()
    held = [asyncio.create_task(world.call()) for _ in range(5)]
    await world.ready(3)
    first.hold.set()
    assert {status for status, _, _ in await asyncio.gather(*held)} == {200}
    await until(lambda: len(world.running()) == 1)


async def test_at_zero_a_request_waits_for_one_to_start(world: DeployWorld) -> None:
    scaling = Scaling(minimum=0, maximum=1, idle_s=0.05, stabilisation_s=0)
    await world.service.create(deployment(scaling=scaling))
    await until(is_in(world, DeploymentState.SCALED_TO_ZERO))
    await until(lambda: not world.running())
    answers = await asyncio.gather(*(world.call() for _ in range(5)))
    assert {status for status, _, _ in answers} == {200}
    await until(lambda: not world.running())


async def test_a_new_minimum_is_followed(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    await world.service.change("be-stars", lambda one: replace(one, scaling=TWO))
    await world.ready(2)


async def test_a_request_waits_only_so_long(world: DeployWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.gateway.proxy.WAIT_S", 0.05)
    world.node.reject = "the image is broken"
    await world.service.create(deployment())
    status, body, headers = await world.call()
    assert (status, headers["Retry-After"]) == (503, "5")
    assert "the image is broken" in world.status().reason
    assert "the image is broken" not in body["detail"]  # it may quote a log


async def test_only_so_many_requests_wait(world: DeployWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deploy.control.controller.MOST_WAITING", 2)
    monkeypatch.setattr("deploy.gateway.proxy.WAIT_S", 0.5)
    world.node.reject = "no room"
    await world.service.create(deployment())
    answers = await asyncio.gather(*(world.call() for _ in range(5)))
    assert Counter(body["title"] for _, body, _ in answers) == {"Too many wait": 3, "Deployment not ready": 2}
