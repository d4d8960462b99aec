"""A label service and a platform over a fresh database of a real PostgreSQL for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.database.engine import Database
from tests.integration.postgresql import migrated_database
from tests.platform.world import World
from tests.unit.dashboard.labels.conftest import Labelling, labelling_in


@pytest.fixture
async def labelling(tmp_path: Path, postgresql: Path) -> AsyncIterator[Labelling]:
    database = Database(await migrated_database(postgresql))
    await database.migrate()
    async with labelling_in(database, tmp_path) as made:
        yield made


@pytest.fixture
async def world(tmp_path: Path, postgresql: Path) -> AsyncIterator[World]:
    made = World(tmp_path / "home", url=await migrated_database(postgresql))
    yield made
    await made.close()
