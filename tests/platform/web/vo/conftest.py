"""Clients of the VO's protocols over a platform whose node is a fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.settings.sections import VoSettings
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.vo.uws_client import UwsClient


@pytest.fixture
def uws(site: Site) -> UwsClient:
    return UwsClient(site.stranger, {"Authorization": f"Bearer {site.token}"})


@pytest.fixture
async def open_to_all(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    """Return a platform that lets callers without a token in."""
    sections = {"vo": VoSettings(anonymous=True, keep_days=1)}
    async with open_site(tmp_path, url=database_url, sections=sections) as site:
        yield site
