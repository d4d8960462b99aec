"""Nodes of the page: set up, tried, drained, taken away; and what is wrong with them, by field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dashboard.auth.identity import Identity, Role
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.base.events import Live
from dashboard.base.resources import Resources
from dashboard.deployments.request import DeploymentRequests
from dashboard.jobs.job import Phase
from dashboard.nodes.form import settings_of
from dashboard.nodes.node import Node
from dashboard.nodes.ranking import no_node_fits
from dashboard.nodes.registry import Nodes
from dashboard.platform import Platform
from dashboard.settings import NodeSettings
from tests.platform.world import World, run_on, settle, submit

EVA = Identity("eva", frozenset({Role.ADMIN}))


def wrong(**body: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as caught:
        settings_of(body)
    return {error.field: error.message for error in caught.value.errors}


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"kind": "kubernetes"}, "kind", "Must be one of"),
        ({"kind": "docker", "cpus": -1}, "cpus", "at least 0"),
        ({"kind": "docker", "cpu": 1}, "cpu", "did you mean cpus"),
        ({"kind": "docker", "url": "http://host"}, "url", "Must begin with ssh:// or tcp:// or unix://"),
        ({"kind": "docker", "url": "ssh://"}, "url", "Names no host"),
        ({"kind": "slurm", "url": "ssh://me:secret@host"}, "url", "Holds a password"),
        ({"kind": "docker", "url": "tcp://host:2376"}, "tls_ca", "without TLS"),
        ({"kind": "docker", "url": "ssh://host:x"}, "url", "This is no address"),
        ({"kind": "process", "partition": "gpu"}, "partition", "Only for slurm; this node is process"),
        ({"kind": "docker", "labels": ["big box"]}, "labels", "'big box'"),
        ({"kind": "slurm", "shared": ["data"]}, "shared", "absolute path"),
        ({"kind": "slurm", "ssh_key": "-----BEGIN KEY-----"}, "ssh_key", "content of a key"),
        ({"kind": "slurm", "ssh_key": "keys/mine"}, "ssh_key", "absolute path"),
        ({"kind": "slurm", "ssh_key": "/nowhere/at/all"}, "ssh_key", "There is no file"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(body: dict[str, Any], field: str, said: str) -> None:
    assert said in wrong(**body)[field]


@pytest.mark.parametrize("name", ["", "any", "new", "Upper", "a" * 41, "-x", "../x", None])
async def test_a_name_that_cannot_be_used_is_rejected(platform: Platform, name: object) -> None:
    with pytest.raises(Invalid) as caught:
        await platform.administration.add({"name": name, "kind": "process"}, EVA)
    assert [error.field for error in caught.value.errors] == ["name"]


async def test_a_node_of_the_page_outlives_a_restart_with_its_drain(world: World, platform: Platform) -> None:
    made = await platform.administration.add(
        {"name": "box", "kind": "process", "cpus": 2, "labels": ["gpu"]}, EVA
    )
    assert (made.ok, made.cpus, made.labels, made.source) == (True, 2, ("gpu",), "page")
    await platform.administration.drain("box", EVA, drained=True)
    await platform.administration.drain("local", EVA, drained=True)
    await world.close()
    again = await world.platform()
    assert {node.name: node.drained_by for node in again.nodes.all()} == {"box": "eva", "local": "eva"}
    assert again.nodes.get("box").cpus == 2


async def test_limits_can_be_changed_while_it_runs_but_not_where_it_is(
    world: World, platform: Platform
) -> None:
    await platform.administration.add({"name": "box", "kind": "docker"}, EVA)
    launcher = platform.nodes.launcher("box")
    world.behave = run_on
    job = await submit(platform, node="box")
    await platform.supervisor.reconcile()
    changed = await platform.administration.change("box", {"cpus": 7}, EVA)
    assert (changed.cpus, changed.running) == (7, (job.id,))
    assert platform.nodes.launcher("box") is launcher
    with pytest.raises(Invalid, match="Something runs there"):
        await platform.administration.change("box", {"kind": "process"}, EVA)
    with pytest.raises(Conflict, match=f"job {job.id}"):
        await platform.administration.remove("box", EVA)


async def test_a_node_of_the_file_is_only_drained(platform: Platform) -> None:
    with pytest.raises(Conflict, match=r"huggins\.toml"):
        await platform.administration.change("local", {"cpus": 1}, EVA)
    with pytest.raises(Conflict, match=r"huggins\.toml"):
        await platform.administration.remove("local", EVA)
    with pytest.raises(NotFound):
        await platform.administration.drain("moon", EVA, drained=True)


async def test_a_node_that_nobody_uses_is_taken_away(platform: Platform) -> None:
    await platform.administration.add({"name": "box", "kind": "process"}, EVA)
    await platform.administration.remove("box", EVA)
    assert not platform.nodes.has("box")


async def test_a_drained_node_ends_what_it_has_and_takes_nothing_new(
    world: World, platform: Platform
) -> None:
    world.behave = run_on
    running = await submit(platform)
    await platform.supervisor.reconcile()
    await platform.administration.drain("local", EVA, drained=True)
    waiting = await submit(platform)
    await platform.supervisor.reconcile()
    found = await platform.jobs.get(waiting.id)
    assert (found.phase, found.reason) == (
        Phase.QUEUED,
        "no node takes jobs now: local takes nothing new: drained by eva",
    )
    assert (await platform.jobs.get(running.id)).phase is Phase.EXECUTING
    world.node.finish(world.started()[0], 3)
    assert (await settle(platform, running)).phase is Phase.ERROR
    assert (await settle(platform, waiting)).phase is Phase.QUEUED
    await platform.administration.drain("local", EVA, drained=False)
    assert (await settle(platform, waiting)).phase is Phase.EXECUTING


async def test_a_deployment_is_not_put_on_a_drained_node(platform: Platform) -> None:
    await platform.administration.add({"name": "box", "kind": "process"}, EVA)
    await platform.administration.drain("local", EVA, drained=True)
    requests = DeploymentRequests(platform.models, platform.modules, platform.nodes)
    assert requests.nodes({}, Resources(), EVA) == ("box",)
    with pytest.raises(Invalid) as caught:
        requests.nodes({"node": "local"}, Resources(), EVA)
    assert "drained by eva" in caught.value.errors[0].message
    assert not platform.nodes.accepts("local")


async def test_a_connection_is_tried_before_the_node_is_kept(world: World, platform: Platform) -> None:
    assert (await platform.administration.test({"kind": "process"})).ok
    world.node.down = "no route to host"
    tried = await platform.administration.test({"kind": "process"})
    assert (tried.ok, tried.reason) == (False, "no route to host")
    assert [node.name for node in platform.nodes.all()] == ["local"]


async def test_another_platform_on_the_database_sees_the_change(world: World, platform: Platform) -> None:
    await platform.administration.add({"name": "box", "kind": "process"}, EVA)
    other = type(platform.nodes)(
        {"local": NodeSettings("fake")}, world.home / "other", platform.live, 60, store=platform.nodes._store
    )
    await other.refresh()
    assert [node.name for node in other.all()] == ["box", "local"]
    await platform.administration.remove("box", EVA)
    await other.refresh()
    assert [node.name for node in other.all()] == ["local"]
    await other.stop()


def node(name: str, **has: Any) -> Node:
    given: dict[str, Any] = {"cpus": 8.0, "memory_mb": 24_000, "gpus": 0, "labels": ()} | has
    return Node(
        name=name, kind="docker", why="", ok=True, reason="", version="", details={}, slots=0, used_cpus=0,
        used_memory_mb=0, used_gpus=0, running=(), probed="now", last_seen="now", **given,
    )  # fmt: skip


def fields(asked: str, nodes: list[Node], needs: Resources) -> dict[str, str]:
    return {error.field: error.message for error in no_node_fits(asked, nodes, needs)}


def test_the_requirement_that_no_node_meets_is_named_with_the_largest_node() -> None:
    nodes = [node("docker-1"), node("docker-2", memory_mb=16_000)]
    assert fields("any", nodes, Resources(memory_mb=64_000)) == {
        "resources.memory_mb": "Needs 64 GB; the largest node, docker-1, has 24 GB."
    }
    assert fields("docker-2", nodes, Resources(cpus=9)) == {
        "resources.cpus": "Needs 9 processors; docker-2 has 8 processors."
    }
    assert fields("any", nodes, Resources()) == {}
    assert fields("any", [], Resources()) == {"node": "No node is set up."}


def test_what_every_node_lacks_something_of_is_said_of_the_node() -> None:
    nodes = [node("fast", cpus=64), node("big", memory_mb=256_000)]
    [(field, message)] = fields("any", nodes, Resources(32, 128_000)).items()
    assert field == "node"
    assert "fast has 24000 MB" in message
    assert "big has 8 processors" in message


def test_a_limit_for_one_job_holds_though_the_node_has_more() -> None:
    limited = node("box", job_cpus=2.0, job_walltime_s=3600)
    assert set(limited.shortages(Resources(4, walltime_s=7200))) == {"cpus", "walltime_s"}
    assert not limited.shortages(Resources(2, walltime_s=3600))


@pytest.mark.parametrize("python", ["$(x)", "/etc", "/no/python", "a b", "-c", "nul\0byte", "ü" * 5000])
async def test_a_python_that_cannot_be_run_is_the_reason_of_the_node(tmp_path: Path, python: str) -> None:
    nodes = Nodes({}, tmp_path, Live(), 60)
    health = await nodes.probe_settings(settings_of({"kind": "slurm", "python": python}))
    assert not health.ok
    assert health.reason
