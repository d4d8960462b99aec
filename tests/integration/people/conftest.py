"""A real PostgreSQL server, one database per test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.integration.postgresql import new_database
from tests.unit.dashboard.web.conftest import Site, open_site


@pytest.fixture
async def database_url(postgresql: Path) -> str:
    """Return an empty database of the server."""
    return await new_database(postgresql)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, url=database_url) as site:
        yield site
