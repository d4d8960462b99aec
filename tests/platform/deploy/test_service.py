"""Deployments come, stay, change hands and go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.model.deployment import DeploymentError, NameTaken, Scaling, UnknownDeployment
from deploy.model.status import DeploymentState
from tests.platform.deploy.world import DeployWorld, deployment, is_in, running, until, version


async def test_a_new_deployment_becomes_ready_and_answers_calls(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await until(is_in(world, DeploymentState.DEPLOYED))
    status, body, headers = await world.call("v2/models/rdf/predict/?top=3", data=b"x" * 300_000)
    assert status == 200
    assert body["path"] == "/v2/models/rdf/predict/?top=3"
    assert body["length"] == 300_000
    assert headers["X-From"] == "replica"


async def test_a_call_waits_for_a_replica_that_is_starting(world: DeployWorld) -> None:
    world.node.lose_answers = 1  # the first start fails, the second try finds the replica
    await world.service.create(deployment())
    assert (await world.call())[0] == 200


async def test_a_dead_replica_is_started_again(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await until(is_in(world, DeploymentState.DEPLOYED))
    [spec] = world.node.started
    world.node.finish(spec.name, 137, b"Killed\n", reason="killed: out of memory (limit 2048 MB)")
    await until(is_in(world, DeploymentState.FAILED))
    reason = world.status().reason
    assert "out of memory (limit 2048 MB)" in reason
    assert "Killed" in reason
    await until(is_in(world, DeploymentState.DEPLOYED))
    assert world.status().restarts == 1
    assert [one.name for one in world.node.started] == [spec.name] * 2


async def test_a_restarted_service_takes_up_what_runs(world: DeployWorld) -> None:
    await world.service.create(deployment(scaling=Scaling(minimum=2, maximum=2), nodes=("local", "other")))
    await world.ready(2)
    assert [len(one.node.started) for one in world.launchers.values()] == [1, 1]
    await world.service.close()
    world.service = world.another()
    await world.service.start()
    await world.ready(2)
    assert [len(one.node.started) for one in world.launchers.values()] == [1, 1]
    await world.service.close(stop_replicas=True)
    assert world.running() == []


async def test_what_nobody_knows_is_removed_at_the_next_start(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.service.create(deployment("gone"))
    await world.ready(1, "gone")
    await world.service.close()
    await world.service.store.delete("gone")
    world.service = world.another()
    await world.service.start()
    await world.ready()
    assert [spec.name for spec in running(world.node)] == [deployment().replica(1, 0, "me")]


async def test_a_disabled_deployment_says_so_and_comes_back(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await until(is_in(world, DeploymentState.DEPLOYED))
    await world.service.enable("be-stars", enabled=False)
    status, body, _ = await world.call()
    assert (status, "disabled" in body["detail"]) == (503, True)
    await until(lambda: not world.running())
    assert world.status().state is DeploymentState.STOPPED
    await world.service.enable("be-stars", enabled=True)
    await until(is_in(world, DeploymentState.DEPLOYED))


async def test_a_deleted_deployment_finishes_what_it_has(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    [replica] = world.replicas.values()
    replica.hold.clear()
    call = asyncio.create_task(world.call())
    await replica.arrived.wait()
    await world.service.delete("be-stars")
    with pytest.raises(UnknownDeployment, match="no deployment named 'be-stars'"):
        world.service.get("be-stars")
    status, body, _ = await world.call()
    assert (status, body["title"]) == (404, "No such deployment")
    assert world.running() == ["one"]
    replica.hold.set()
    assert (await call)[0] == 200
    await until(lambda: not world.running())


async def test_the_name_of_a_deleted_deployment_is_free_at_once(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    await world.service.delete("be-stars")
    again = deployment(created="2026-01-02T00:00:00.000Z", versions=(version(image="two"),))
    await world.service.create(again)
    assert (await world.call())[1]["image"] == "two"
    await until(lambda: world.running() == ["two"])


async def test_a_taken_name_a_bad_name_and_an_unknown_node_are_rejected(world: DeployWorld) -> None:
    await world.service.create(deployment())
    with pytest.raises(NameTaken, match="choose another"):
        await world.service.create(deployment())
    with pytest.raises(DeploymentError, match="not a deployment name"):
        deployment("../etc")
    with pytest.raises(DeploymentError, match="no node named 'moon'"):
        await world.service.create(deployment("other", nodes=("moon",)))
    with pytest.raises(DeploymentError, match="no node named 'moon'"):
        await world.service.change("be-stars", lambda one: replace(one, nodes=("moon",)))


async def test_the_model_is_mounted_read_only_below_the_working_folder(
    world: DeployWorld, tmp_path: Path
) -> None:
    await world.service.create(deployment(versions=(version(model_folder=tmp_path / "model"),)))
    await until(is_in(world, DeploymentState.DEPLOYED))
    [spec] = world.node.started
    mounts = {mount.target: mount for mount in spec.mounts}
    assert mounts["/job/model"].read_only
    assert spec.env["HUGGINS_MODEL"] == "model"
    assert spec.port
    assert not spec.network


async def test_every_change_of_the_status_is_told(world: DeployWorld) -> None:
    await world.service.create(deployment())
    await world.ready()
    told = len(world.changes)
    await world.service.delete("be-stars")
    assert len(world.changes) > told
