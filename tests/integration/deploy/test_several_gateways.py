"""Several gateways on one real PostgreSQL: they follow each other, and go on while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from aiohttp.test_utils import TestServer

from dashboard.cli.gateway import gateway_service
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from dashboard.settings import DatabaseSettings, NodeSettings, Settings
from deploy.application import create_application
from deploy.deployment import Access, Deployment, Version, now
from deploy.rollout import promoted, with_version
from deploy.service import DeployService
from deploy.tables import deployment_usage
from deploy.tokens import Scope
from tests.integration.postgresql import PostgreSQL, new_database, serving

NAME = "stars"
PATIENCE_S = 60
QUOTA = 40


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    """Run a server that this test alone stops and starts."""
    with serving() as server:
        yield server


@dataclass
class Gateway:
    """A gateway and its front door."""

    service: DeployService
    address: str
    session: aiohttp.ClientSession
    spectrum: bytes
    answered: int = 0

    async def ask(self, token: str = "") -> int:
        """Ask about a spectrum; return HTTP's status."""
        form = aiohttp.FormData()
        form.add_field("data", self.spectrum, filename="star.fits")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with self.session.post(f"{self.address}/predict/{NAME}", data=form, headers=headers) as answer:
            body = await answer.json()
            if answer.status == 200:
                assert body["predictions"]["results"][0]["label"]
                self.answered += 1
            return answer.status

    async def health(self) -> dict[str, Any]:
        async with self.session.get(f"{self.address}/health") as answer:
            found: dict[str, Any] = await answer.json()
            return found

    def replicas(self) -> set[str]:
        return {one.name for one in self.service.get(NAME)[1].replicas}


@dataclass
class World:
    """Two gateways on one database."""

    database: Database
    east: Gateway
    west: Gateway

    @property
    def both(self) -> tuple[Gateway, Gateway]:
        return self.east, self.west


@pytest.fixture
async def world(
    tmp_path: Path, postgresql: PostgreSQL, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    url = await new_database(postgresql.folder)
    database = Database(url)
    await database.migrate()
    async with database.write() as connection:
        await connection.execute(sa.insert(platform_facts).values(name="owner", value="t"))
    settings = Settings(
        home=tmp_path / "home", database=DatabaseSettings(url), nodes={"local": NodeSettings(kind="process")}
    )
    spectrum = next((trained / "data").glob("*.fits")).read_bytes()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        gateways = []
        for name in ("east", "west"):
            service = await stack.enter_async_context(gateway_service(settings, name))
            server = TestServer(create_application(service))
            await server.start_server()
            stack.push_async_callback(server.close)
            gateways.append(Gateway(service, str(server.make_url("")).rstrip("/"), session, spectrum))
        world = World(database, *gateways)
        await world.east.service.create(Deployment(NAME, ("local",), now(), (version(trained),)))
        yield world


def version(trained: Path) -> Version:
    resources = {"cpus": 1, "memory_mb": 1024, "gpus": 0}
    folder = trained / "model"
    return Version(1, "rdf", "0.1.0", "process", now(), "m1", folder, resources=resources)


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await condition():
            await asyncio.sleep(0.02)


async def answers(gateway: Gateway, status: int, token: str = "") -> None:
    async def so() -> bool:
        return (await gateway.ask(token) if NAME in names(gateway) else 404) == status

    await until(so)


def names(gateway: Gateway) -> set[str]:
    return {deployment.name for deployment, _ in gateway.service.all()}


async def test_what_is_changed_through_one_gateway_is_so_at_the_other(world: World, trained: Path) -> None:
    east, west = world.both
    await answers(west, 200)
    assert await east.ask() == 200
    # Each keeps replicas of its own: none is started for the other, and none taken from it.
    assert len(east.replicas()) == len(west.replicas()) == 1
    assert east.replicas().isdisjoint(west.replicas())
    await west.service.change(NAME, lambda one: replace(one, access=Access.TOKENS))
    await answers(east, 401)
    token, secret = await east.service.tokens.make(
        NAME, "both", Scope.PREDICT, expires=None, rate=None, quota=QUOTA
    )
    await asyncio.gather(answers(east, 200, secret), answers(west, 200, secret))
    await _spend(world, token.id, secret)
    await east.service.tokens.delete(NAME, token.id)
    await asyncio.gather(answers(east, 401, secret), answers(west, 401, secret))
    await west.service.change(NAME, lambda one: replace(one, access=Access.PUBLIC))
    await answers(east, 200)
    await west.service.change(NAME, lambda one: with_version(one, version(trained), 30))
    await until_versions(east, {1, 2})
    await east.service.change(NAME, promoted)
    await until_versions(west, {2})
    await east.service.delete(NAME)
    await until(lambda: gone(west))


async def _spend(world: World, token: str, secret: str) -> None:
    """Use a daily quota up through one gateway: the other refuses too, long before its own count."""
    east, west = world.both

    async def spent() -> bool:
        return await east.ask(secret) == 429

    async def known() -> bool:
        return (await west.service.usage.made_today()).get(token, 0) >= QUOTA

    await until(spent)
    await until(known)
    west.answered = 0
    await answers(west, 429, secret)
    assert west.answered < QUOTA // 2


async def until_versions(gateway: Gateway, numbers: set[int]) -> None:
    async def so() -> bool:
        assert await gateway.ask() == 200
        found = gateway.service.get(NAME)[1].replicas
        return {one.version for one in found if one.stage == "ready"} == numbers

    await until(so)


async def gone(gateway: Gateway) -> bool:
    return NAME not in names(gateway)


async def test_while_postgresql_is_away_calls_are_answered_and_counted(
    world: World, postgresql: PostgreSQL
) -> None:
    for gateway in world.both:
        await answers(gateway, 200)
    await asyncio.to_thread(postgresql.stop)
    try:
        for gateway in world.both:
            await until(lambda gateway=gateway: is_ill(gateway, True))
            assert [await gateway.ask() for _ in range(5)] == [200] * 5
            assert (await gateway.health())["ok"]
    finally:
        await asyncio.to_thread(postgresql.start)
    for gateway in world.both:
        await until(lambda gateway=gateway: is_ill(gateway, False))
    await world.west.service.change(NAME, lambda one: replace(one, access=Access.TOKENS))
    await answers(world.east, 401)
    for gateway in world.both:
        await gateway.service.usage.write()
    answered = world.east.answered + world.west.answered
    assert answered > 10
    assert await counted(world) == answered


async def is_ill(gateway: Gateway, ill: bool) -> bool:
    found = await gateway.health()
    return found["database"] is not ill


async def counted(world: World) -> int:
    """Return how many spectra all gateways have written that they predicted."""
    async with world.database.read() as connection:
        query = sa.select(sa.func.sum(deployment_usage.c.spectra))
        return int((await connection.execute(query)).scalar_one())
