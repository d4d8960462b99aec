"""A web application over a platform whose node is a fake."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dashboard.auth.identity import OWNER
from dashboard.platform import Platform
from dashboard.web.app.application import create_application
from dashboard.web.app.session_cookie import COOKIE
from tests.unit.dashboard.world import World

Client = TestClient[web.Request, web.Application]


@dataclass
class Site:
    """The application, as a stranger and as the owner sees it."""

    platform: Platform
    world: World
    stranger: Client
    token: str

    @property
    def json(self) -> dict[str, str]:
        """Headers of a program that has the token."""
        return {"Authorization": f"Bearer {self.token}", "Accept": "application/json"}

    @property
    def browser(self) -> dict[str, str]:
        """Headers of a browser that is signed in."""
        return {"Cookie": f"{COOKIE}={self.token}", "Accept": "text/html", "Sec-Fetch-Site": "same-origin"}


@contextlib.asynccontextmanager
async def open_site(folder: Path, **world_options: Any) -> AsyncIterator[Site]:
    """Serve a platform whose home lies in a folder."""
    world = World(folder / "home", **world_options)
    platform = await world.platform()
    token = await platform.sessions.redeem(await platform.sessions.one_time_link(OWNER))
    async with TestClient(TestServer(create_application(platform))) as client:
        yield Site(platform, world, client, token)
    await world.close()


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, url=database_url) as site:
        yield site
