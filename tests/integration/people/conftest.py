"""A real PostgreSQL server, one database per test; a browser beside an event loop."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright

from tests.browser.conftest import ARGUMENTS
from tests.conftest import unavailable
from tests.integration.postgresql import migrated_database
from tests.platform.web.conftest import Site, open_site


@pytest.fixture
async def database_url(postgresql: Path) -> str:
    """Return a database of the newest schema, with nothing in it."""
    return await migrated_database(postgresql)


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, url=database_url) as site:
        yield site


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    path = shutil.which("chromium") or unavailable("Chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()
