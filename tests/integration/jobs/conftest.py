"""A real PostgreSQL server, one database per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.platform import Platform
from tests.integration.postgresql import migrated_database
from tests.platform.world import World


@pytest.fixture
async def world(tmp_path: Path, postgresql: Path) -> AsyncIterator[World]:
    """Return the unit tests' world over a fresh database of the server."""
    made = World(tmp_path / "home", url=await migrated_database(postgresql))
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World) -> Platform:
    return await world.platform()
