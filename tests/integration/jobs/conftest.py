"""A real PostgreSQL server, one database per test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dashboard.platform import Platform
from tests.integration.postgresql import new_database, serving
from tests.unit.dashboard.world import World


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """Run a server that listens on a socket in its own folder; give that folder."""
    with serving() as server:
        yield server.folder


@pytest.fixture
async def world(tmp_path: Path, postgresql: Path) -> AsyncIterator[World]:
    """Return the unit tests' world over a fresh database of the server."""
    made = World(tmp_path / "home", url=await new_database(postgresql))
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World) -> Platform:
    return await world.platform()
