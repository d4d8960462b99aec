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
from dashboard.web.app.app_keys import SESSION_COOKIE
from dashboard.web.app.application import create_application
from dashboard.web.app.session_cookie import COOKIE
from tests.platform.world import World

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


def _server(platform: Platform, port: int | None) -> TestServer:
    application = create_application(platform)
    if port is not None:
        application[SESSION_COOKIE].listen(port)
    return TestServer(application, port=port)


@contextlib.asynccontextmanager
async def open_site(folder: Path, port: int | None = None, **world_options: Any) -> AsyncIterator[Site]:
    """Serve a platform whose home lies in a folder, at a port where others have to know it before."""
    world = World(folder / "home", **world_options)
    platform = await world.platform()
    token = await platform.sessions.redeem(await platform.sessions.one_time_link(OWNER))
    async with TestClient(_server(platform, port)) as client:
        yield Site(platform, world, client, token)
    await world.close()


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, url=database_url) as site:
        yield site
