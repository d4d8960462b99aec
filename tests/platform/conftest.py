"""Fixtures of tests that run a whole platform over a fake node."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from dashboard.platform import Platform
from tests.platform.world import World
from tests.unit.dashboard.shared_statements import shared_statements


@pytest.fixture(scope="session", autouse=True)
def once() -> Iterator[None]:
    """Compile SQL and read entry points once for all tests."""
    with shared_statements():
        yield


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "home")
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World) -> Platform:
    return await world.platform()


@pytest.fixture
def database_url() -> str:
    """Return where the database lies; empty: SQLite in the home. Integration tests have another one."""
    return ""
