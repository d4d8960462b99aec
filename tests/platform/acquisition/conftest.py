"""A platform that may fetch from this machine, and an archive on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.platform import Platform
from dashboard.settings import SourceSettings
from tests.platform.acquisition.archive import Archive, open_archive
from tests.platform.world import World


@pytest.fixture
async def archive() -> AsyncIterator[Archive]:
    async with open_archive() as archive:
        yield archive


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    settings = SourceSettings(networks=("127.0.0.1/32",), retry_s=0.01, silence_s=2.0, attempts=3)
    made = World(tmp_path / "home", sections={"sources": settings})
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World) -> Platform:
    return await world.platform()
