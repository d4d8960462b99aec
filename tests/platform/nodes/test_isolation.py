"""A node without isolation takes the platform's own modules, and nothing once there is a second account."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from catalog import Catalog
from dashboard.auth.identity import Identity, Role
from dashboard.base.bundled import bundled
from dashboard.base.errors import Invalid
from dashboard.base.resources import Resources
from dashboard.deployments.request import DeploymentRequests
from dashboard.modules import own_code
from dashboard.nodes.launcher_factory import ChosenLauncher
from dashboard.platform import Platform
from dashboard.settings import NodeSettings
from launchers.fake import FakeLauncher
from tests.platform.web.conftest import open_site
from tests.platform.world import World, submit

EVA = Identity("eva", frozenset({Role.ADMIN}))


class OfTheMachine(FakeLauncher):
    """Says that it is of the kind whose jobs are processes of the platform's user."""

    kind = "process"


@pytest.fixture
async def shared(tmp_path: Path) -> AsyncIterator[Platform]:
    """Run a platform of two nodes: one without isolation, one with."""
    world = World(tmp_path / "home")
    world.nodes = {"bare": NodeSettings(kind="fake", cpus=8), "box": NodeSettings(kind="fake", cpus=1)}

    async def launcher(settings: NodeSettings, _state: Path) -> ChosenLauncher:
        made = OfTheMachine(world.node) if settings.cpus == 8 else FakeLauncher(world.node)
        return ChosenLauncher(made)

    platform = Platform(world.settings(), launcher)
    world.platforms.append(platform)
    await platform.start(supervise=False)
    await platform.supervisor._context.lease.hold()
    await platform.modules.descriptions.of("toy")
    yield platform
    await world.close()


def foreign(monkeypatch: pytest.MonkeyPatch, value: str = "third_party.module:api") -> None:
    points = EntryPoints([EntryPoint("toy", value, own_code.GROUP)])
    monkeypatch.setattr(own_code, "entry_points", points.select)


async def test_a_module_of_others_runs_with_isolation_only(
    shared: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shared.nodes.place("any", shared.modules.isolation("toy", Resources(1, 100))) == "bare"
    foreign(monkeypatch)
    needs = shared.modules.isolation("toy", Resources(1, 100))
    assert shared.nodes.place("any", needs) == "box"
    assert shared.nodes.place("bare", needs) is None
    with pytest.raises(Invalid) as caught:
        await submit(shared, node="bare")
    assert [error.field for error in caught.value.errors] == ["node"]
    assert "not the platform's own, and bare has no isolation" in caught.value.detail
    job = await submit(shared, node="any")
    await shared.supervisor.reconcile()
    (attempt,) = await shared.jobs.attempts(job.id)
    assert attempt.node == "box"


async def test_a_module_of_others_is_not_deployed_without_isolation(
    shared: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign(monkeypatch)
    requests = DeploymentRequests(shared.models, shared.modules, shared.nodes)
    assert requests.nodes({}, Resources(1, 100), modules=["toy"]) == ("box",)
    with pytest.raises(Invalid, match="bare cannot run it"):
        requests.nodes({"node": "bare"}, Resources(1, 100), modules=["toy"])
    with pytest.raises(Invalid, match="bare has no isolation"):
        requests.require_isolation(["box", "bare"], "toy")
    requests.require_isolation(["box"], "toy")


def test_whose_code_would_run_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    modules = Catalog.load(bundled("modules")).modules
    assert all(own_code.is_own(module) for module in modules.values())
    rdf = modules["rdf"]
    points = EntryPoints(
        [
            EntryPoint("rdf", "deepaas_plugins.methods.rdf:plugin", own_code.GROUP),
            EntryPoint("rdf", "other.rdf:plugin", own_code.GROUP),
        ]
    )
    monkeypatch.setattr(own_code, "entry_points", points.select)
    assert not own_code.is_own(rdf)  # another package brings code under the same name


async def test_with_a_second_account_nothing_runs_without_isolation(shared: Platform) -> None:
    assert shared.nodes.get("bare").open
    session = await shared.sessions.redeem(await shared.sessions.one_time_link(EVA))
    await shared.nodes.refresh()
    bare = shared.nodes.get("bare")
    assert not bare.open
    assert "more than one account" in bare.closed()
    assert not shared.nodes.accepts("bare")
    assert shared.nodes.place("any", Resources(1, 100)) == "box"
    job = await submit(shared, node="bare")
    await shared.supervisor.reconcile()
    assert "more than one account" in (await shared.jobs.get(job.id)).reason
    await shared.sessions.end(session)
    await shared.nodes.refresh()
    assert shared.nodes.get("bare").open


async def test_the_page_says_that_there_is_no_isolation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FakeLauncher, "kind", "process")
    async with open_site(tmp_path) as site:
        for path in ("/nodes", "/nodes/local"):
            text = await (await site.stranger.get(path, headers=site.browser)).text()
            assert "no isolation" in text.lower()
        told = await (await site.stranger.get("/nodes/local", headers=site.json)).json()
        assert told["node"]["isolated"] is False
