"""Providers, and a platform that knows them."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from dashboard.auth.identity import OWNER, Role
from dashboard.settings import PeopleSettings, ProviderSettings
from tests.conftest import unavailable
from tests.integration.people.providers.liar import CLIENT, SECRET, Liar
from tests.integration.postgresql import migrated_database
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import quick_passwords

HERE = Path(__file__).parent
NEAR = ("127.0.0.0/8",)
MAPPED = ("astro = user", "staff = publisher", "admins = admin")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@dataclass
class Browser:
    """A browser that goes to the provider and comes back."""

    site: Site
    session: aiohttp.ClientSession

    @property
    def home(self) -> str:
        return str(self.site.stranger.make_url("/")).rstrip("/")

    async def start(self, provider: str = "sso", **query: str) -> str:
        """Return the address of the provider to which the platform sends."""
        address = f"{self.home}/sign-in/{provider}"
        async with self.session.get(address, params=query, allow_redirects=False) as answer:
            assert answer.status == 303, await answer.text()
            return answer.headers["Location"]

    async def callback(self, address: str) -> str:
        """Return the address with which the liar sends back, who asks nothing."""
        async with self.session.get(address, allow_redirects=False) as answer:
            assert answer.status == 302, await answer.text()
            return answer.headers["Location"]

    async def get(self, address: str) -> tuple[int, str, str]:
        """Return status, text and what the page goes on to."""
        async with self.session.get(address, headers={"Accept": "text/html"}) as answer:
            return answer.status, await answer.text(), answer.headers.get("Refresh", "")

    async def sign_in(self, provider: str = "sso", **query: str) -> tuple[int, str]:
        """Go to the liar and back; return status and text of the page."""
        status, text, _ = await self.get(await self.callback(await self.start(provider, **query)))
        return status, text

    async def whoami(self) -> dict[str, Any] | None:
        """Return one's own account, by the session cookie."""
        headers = {"Accept": "application/json"}
        async with self.session.get(f"{self.home}/settings", headers=headers) as answer:
            return (await answer.json())["profile"] if answer.status == 200 else None


@pytest.fixture(params=["sqlite", "postgresql"])
async def database_url(request: pytest.FixtureRequest, postgresql: Path) -> str:
    """Return where the database lies; empty: SQLite in the home."""
    return await migrated_database(postgresql) if request.param == "postgresql" else ""


@pytest.fixture
async def liar() -> AsyncIterator[Liar]:
    made = Liar()
    runner = await made.serve()
    yield made
    await runner.cleanup()


Opening = Callable[..., Awaitable[Site]]


@pytest.fixture
async def opened(tmp_path: Path, database_url: str) -> AsyncIterator[Opening]:
    """Return a function that opens a platform with providers."""
    async with AsyncExitStack() as stack:

        async def open_one(
            people: PeopleSettings | None = None, port: int | None = None, **providers: ProviderSettings
        ) -> Site:
            sections = {"people": people or PeopleSettings(), "oidc": providers}
            site = await stack.enter_async_context(
                open_site(tmp_path, port, accounts=None, url=database_url, sections=sections)
            )
            site.platform.__dict__["passwords"] = quick_passwords()
            return site

        yield open_one


def settings(issuer: str, **more: Any) -> ProviderSettings:
    named: dict[str, Any] = {"issuer": issuer, "client_id": CLIENT, "client_secret": SECRET}
    named |= {"title": "Institute", "networks": NEAR, "roles": MAPPED}
    return ProviderSettings(**{**named, **more})


def new_session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


@pytest.fixture
async def browser(opened: Opening, liar: Liar) -> AsyncIterator[Browser]:
    site = await opened(sso=settings(liar.issuer))
    await site.platform.accounts.create("root-admin", OWNER, roles=[Role.ADMIN])
    async with new_session() as session:
        yield Browser(site, session)


@dataclass
class RealProvider:
    """A certified provider that runs."""

    issuer: str

    async def rotate(self) -> None:
        """Let it sign with a new key, and publish this one alone."""
        async with aiohttp.ClientSession() as session, session.post(f"{self.issuer}/_test/rotate") as answer:
            assert answer.status == 200


@pytest.fixture
async def real_provider() -> AsyncIterator[Callable[[str], Awaitable[RealProvider]]]:
    """Return a function that starts the certified provider for a platform at an address."""
    modules = os.environ.get("HUGGINS_PROVIDERS", "/var/lib/huggins/oidc/node_modules")
    if not shutil.which("node") or not (Path(modules) / "oidc-provider").is_dir():
        unavailable("oidc-provider")
    running: list[asyncio.subprocess.Process] = []

    async def start(platform: str) -> RealProvider:
        port, parts = free_port(), urlsplit(platform)
        callback = f"{parts.scheme}://{parts.netloc}/sign-in/sso/callback"
        process = await asyncio.create_subprocess_exec(
            "node",
            str(HERE / "provider.mjs"),
            str(port),
            callback,
            env={**os.environ, "HUGGINS_PROVIDERS": modules},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        running.append(process)
        assert process.stdout
        async with asyncio.timeout(60):
            while b"listening" not in (line := await process.stdout.readline()):
                assert line, "the provider ended"
        return RealProvider(f"http://127.0.0.1:{port}")

    yield start
    for process in running:
        process.terminate()
        await process.wait()
