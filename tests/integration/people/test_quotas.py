"""The unit tests of quotas over a real PostgreSQL: two requests at once cannot pass one quota together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.platform.quotas.test_enforcement import *  # noqa: F403 all of them
from tests.platform.world import World


@pytest.fixture
async def world(tmp_path: Path, database_url: str) -> AsyncIterator[World]:
    made = World(tmp_path / "home", url=database_url)
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World):
    return await world.platform()
