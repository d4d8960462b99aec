"""Several gateways on one real PostgreSQL: they follow each other, and go on while it is away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from dashboard.database.engine import Database
from dashboard.settings import DatabaseSettings, NodeSettings, Settings
from deploy.access.tokens import Scope
from deploy.model.deployment import Access, Deployment, now
from deploy.model.rollout import promoted, with_version
from deploy.model.tables import deployment_usage
from tests.integration.deploy.gateway import (
    NAME,
    Gateway,
    gateway,
    migrated,
    spectrum_of,
    until,
    version,
)
from tests.integration.postgresql import PostgreSQL, new_database, serving

QUOTA = 40


@pytest.fixture(scope="module")
def postgresql() -> Iterator[PostgreSQL]:
    """Run a server that this test alone stops and starts."""
    with serving() as server:
        yield server


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
async def world(tmp_path: Path, postgresql: PostgreSQL, trained: Path) -> AsyncIterator[World]:
    url = await new_database(postgresql.folder)
    database = await migrated(url)
    settings = Settings(
        home=tmp_path / "home", database=DatabaseSettings(url), nodes={"local": NodeSettings(kind="process")}
    )
    spectrum = spectrum_of(trained)
    async with gateway(settings, "east", spectrum) as east, gateway(settings, "west", spectrum) as west:
        await east.service.create(Deployment(NAME, ("local",), now(), (version(trained),)))
        yield World(database, east, west)
    await database.close()


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
    assert len(east.ready()) == len(west.ready()) == 1
    assert east.ready().keys().isdisjoint(west.ready())
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
    """Use a daily quota up through one gateway: the other denies too, long before its own count."""
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
        return set(gateway.ready().values()) == numbers

    await until(so)


async def gone(gateway: Gateway) -> bool:
    return NAME not in names(gateway)


async def test_while_postgresql_is_away_calls_are_answered_and_counted(
    world: World, postgresql: PostgreSQL
) -> None:
    for one in world.both:
        await answers(one, 200)
    await asyncio.to_thread(postgresql.stop)
    try:
        for one in world.both:
            await until(lambda one=one: is_ill(one, True))
            assert [await one.ask() for _ in range(5)] == [200] * 5
            assert (await one.health())["ok"]
    finally:
        await asyncio.to_thread(postgresql.start)
    for one in world.both:
        await until(lambda one=one: is_ill(one, False))
    await world.west.service.change(NAME, lambda one: replace(one, access=Access.TOKENS))
    await answers(world.east, 401)
    for one in world.both:
        await one.service.usage.write()
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
