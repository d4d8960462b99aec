"""A standalone gateway uses the nodes made on the page and places nothing on a drained one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.cli.commands.gateway import gateway_service
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from dashboard.nodes import registry
from dashboard.nodes.launcher_factory import ChosenLauncher
from dashboard.nodes.store import NodeStore
from dashboard.settings import NodeSettings, Settings
from deploy.model.deployment import DeploymentError, Scaling
from deploy.service import DeployService
from launchers.fake import FakeNode
from tests.platform.deploy.world import ServingLauncher, deployment

NAME = "be-stars"


@dataclass
class Site:
    """A gateway, and the platform's view of its nodes."""

    service: DeployService
    nodes: NodeStore

    def placed(self) -> list[str]:
        """Return the nodes of the replicas that are ready."""
        return sorted(one.node for one in self.service.get(NAME)[1].replicas if one.state == "ready")

    def reason(self) -> str:
        return self.service.get(NAME)[1].reason


@pytest.fixture
async def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(registry, "FOLLOW_SECONDS", 0.01)
    settings = Settings(home=tmp_path, nodes={"local": NodeSettings(kind="fake")})
    database = Database(settings.database_url)
    await database.migrate()
    async with database.write() as connection:
        await connection.execute(sa.insert(platform_facts).values(name="owner", value="t"))
    made: list[ServingLauncher] = []

    async def launchers(_settings: NodeSettings, _state: Path) -> ChosenLauncher:
        made.append(ServingLauncher(FakeNode()))
        return ChosenLauncher(made[-1])

    store = NodeStore(database)
    await store.put("box", NodeSettings(kind="fake"), "eva")
    async with gateway_service(settings, "west", launchers) as service:
        yield Site(service, store)
    for launcher in made:
        await launcher.close_servers()
    await database.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.01)


async def test_a_node_of_the_page_runs_a_gateways_replicas(site: Site) -> None:
    await site.service.create(deployment(nodes=("box",)))
    await until(lambda: site.placed() == ["box"])


async def test_a_node_made_while_it_runs_is_known(site: Site) -> None:
    await site.nodes.put("later", NodeSettings(kind="fake"), "eva")

    async def created() -> bool:
        try:
            await site.service.create(deployment(nodes=("later",)))
        except DeploymentError:
            return False
        return True

    async with asyncio.timeout(10):
        while not await created():
            await asyncio.sleep(0.01)
    await until(lambda: site.placed() == ["later"])


async def test_nothing_new_is_placed_on_a_drained_node_and_what_runs_there_stays(site: Site) -> None:
    await site.service.create(deployment(nodes=("box", "local")))
    await until(lambda: site.placed() == ["box"])
    await site.nodes.drain("box", "eva", drained=True)
    await until(lambda: not site.service._placement.accepts("box"))
    await site.service.change(NAME, lambda one: replace(one, scaling=Scaling(minimum=3, maximum=3)))
    await until(lambda: site.placed() == ["box", "local", "local"])


async def test_with_every_node_drained_the_reason_says_so(site: Site) -> None:
    await site.nodes.drain("box", "eva", drained=True)
    await until(lambda: not site.service._placement.accepts("box"))
    await site.service.create(deployment(nodes=("box",)))
    await until(lambda: "drained" in site.reason())
    await site.nodes.drain("box", "eva", drained=False)
    await until(lambda: site.placed() == ["box"])
