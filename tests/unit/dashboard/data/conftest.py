"""A data service on a fresh database, and spectra to give it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.base.events import Live
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.settings import DataSettings
from tests.unit.dashboard.data.making import Threads
from tests.unit.dashboard.migrated import migrated_database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    file = tmp_path / "test.sqlite"
    file.write_bytes(migrated_database())
    made = Database(f"sqlite:///{file}")
    yield made
    await made.close()


@pytest.fixture
async def service(tmp_path: Path, database: Database) -> AsyncIterator[DataService]:
    small = DataSettings(file_limit_mb=1, dataset_limit_mb=2)
    made = DataService(database, Live(), tmp_path / "data", small, processes=Threads)
    await made.start()
    yield made
    await made.stop()
