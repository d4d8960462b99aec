"""Nodes of other users: nothing is placed on them, and no message names them."""

from __future__ import annotations

import pytest

from dashboard.auth.identity import OWNER, Identity, Role
from dashboard.base.errors import Invalid, NotFound
from dashboard.base.resources import Resources
from dashboard.deployments.request import DeploymentRequests
from dashboard.jobs.job import Job
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, only_attempt, run_on

EVA = Identity("eva", frozenset({Role.USER}))
EVA_ADMIN = Identity("eva", frozenset({Role.ADMIN}))  # the same person while only an administrator adds nodes
ADAM = Identity("adam", frozenset({Role.USER}))
BOX = {"name": "box", "kind": "docker", "cpus": 64, "memory_mb": 100_000}  # the best node for every job


async def submitted(platform: Platform, identity: Identity, node: str = "any") -> Job:
    dataset = await add_dataset(platform, owner=identity.user)
    return await platform.submit(JobRequest("toy", dataset, node=node), identity)


@pytest.fixture
async def shared(world: World, platform: Platform) -> Platform:
    """A platform with the node `local` of everybody and the node `box` of Eva."""
    world.behave = run_on
    await platform.administration.add(BOX, EVA_ADMIN)
    return platform


async def test_a_job_for_any_node_runs_on_a_private_node_of_its_owner_only(shared: Platform) -> None:
    await shared.administration.drain("local", OWNER, drained=True)
    of_adam, of_eva = await submitted(shared, ADAM), await submitted(shared, EVA)
    await shared.supervisor.reconcile()
    assert (await only_attempt(shared, of_eva)).node == "box"
    assert await shared.jobs.attempts(of_adam.id) == []
    await shared.administration.drain("local", OWNER, drained=False)
    await shared.supervisor.reconcile()
    assert (await only_attempt(shared, of_adam)).node == "local"


async def test_a_job_waits_rather_than_take_a_private_node_of_another(shared: Platform) -> None:
    await shared.administration.drain("local", OWNER, drained=True)
    job = await submitted(shared, ADAM)
    await shared.supervisor.reconcile()
    waiting = await shared.jobs.get(job.id)
    assert await shared.jobs.attempts(job.id) == []
    assert waiting.reason
    assert "box" not in waiting.reason


async def test_the_reason_for_waiting_names_no_private_node_when_every_node_is_drained(
    shared: Platform,
) -> None:
    for name in ("box", "local"):
        await shared.administration.drain(name, OWNER, drained=True)
    job = await submitted(shared, ADAM)
    await shared.supervisor.reconcile()
    reason = (await shared.jobs.get(job.id)).reason
    assert reason.startswith("no node takes jobs now: local ")
    assert "box" not in reason


@pytest.mark.parametrize("name", ["moon", "box"])
async def test_a_node_that_is_unknown_or_private_gives_the_same_error(shared: Platform, name: str) -> None:
    errors = shared.check.node_errors(name, Resources(1, 100), ADAM)
    assert [error.message for error in errors] == [f"There is no node {name}; there are any, local."]
    [of_eva] = shared.check.node_errors("moon", Resources(1, 100), EVA)
    assert of_eva.message == "There is no node moon; there are any, box, local."


async def test_a_job_that_fits_only_a_private_node_is_rejected_without_naming_it(shared: Platform) -> None:
    errors = shared.check.node_errors("any", Resources(1, 100, labels=("gpu",)), ADAM)
    assert errors
    assert all("box" not in error.message for error in errors)


async def test_a_deployment_for_any_node_uses_a_private_node_of_its_owner_only(shared: Platform) -> None:
    requests = DeploymentRequests(shared.models, shared.modules, shared.nodes)
    assert requests.nodes({}, Resources(1, 100), EVA) == ("box",)
    assert requests.nodes({}, Resources(1, 100), ADAM) == ("local",)
    for name in ("moon", "box"):
        with pytest.raises(Invalid) as caught:
            requests.nodes({"nodes": [name]}, Resources(1, 100), ADAM)
        assert [error.message for error in caught.value.errors] == [f"there is no node named {name}"]


async def test_the_error_for_an_unknown_node_lists_what_the_identity_sees(shared: Platform) -> None:
    for identity, names in ((ADAM, "local"), (EVA, "box, local"), (OWNER, "box, local")):
        with pytest.raises(NotFound, match=f"There is no node moon; there are {names}[.]"):
            shared.nodes.get("moon", identity)
    with pytest.raises(NotFound, match=r"there are local[.]"):
        shared.nodes.launcher("moon")


async def test_every_event_of_a_private_node_names_its_owner(platform: Platform) -> None:
    with platform.live.subscribe(["nodes"]) as subscription:
        await platform.administration.add(BOX, EVA_ADMIN)
        subscription.close()
        ownerships = [event.ownership async for event in subscription]
    assert ownerships
    assert {ownership.owner for ownership in ownerships if ownership} == {"eva"}
