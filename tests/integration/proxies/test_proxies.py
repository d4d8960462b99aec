"""Sign-in, uploads, live events and addresses behind nginx and Caddy."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from dashboard.auth.audit import AuditFilter
from dashboard.auth.identity import OWNER
from dashboard.cli.server import Serving, serving
from dashboard.settings import NodeSettings, ServerSettings, Settings
from tests.integration.proxies.proxy import COMMANDS, Proxy, free_port, running

PHRASE = "three dim stars over brno"
JSON = {"Accept": "application/json"}
LARGE = 30 * 2**20
SPOOFED = {
    "X-Forwarded-For": "203.0.113.9",
    "X-Real-IP": "203.0.113.9",
    "Forwarded": "for=203.0.113.9;host=evil.example;proto=https",
    "X-Forwarded-Host": "evil.example",
    "X-Forwarded-Proto": "ftp",
}


@dataclass(frozen=True)
class Site:
    """A platform with the account eva, and the proxy before it."""

    served: Serving
    proxy: Proxy
    invitation: str

    @contextlib.asynccontextmanager
    async def client(self, address: str = "127.0.0.2") -> AsyncIterator[aiohttp.ClientSession]:
        """Connect to the proxy from an address of loopback."""
        connector = aiohttp.TCPConnector(
            ssl=self.proxy.tls, local_addr=(address, 0), family=socket.AF_INET, force_close=True
        )
        base = self.proxy.address
        async with aiohttp.ClientSession(base, connector=connector) as session:
            yield session

    async def sign_in(self, session: aiohttp.ClientSession, **headers: str) -> aiohttp.ClientResponse:
        """Sign eva in as a browser does, which then has a cookie."""
        form = {"name": "eva", "password": PHRASE}
        sent = {"Accept": "text/html", "Origin": self.proxy.address, **headers}
        return await session.post("/sign-in", data=form, headers=sent, allow_redirects=False)

    async def addresses(self, deed: str) -> list[str]:
        """Return the addresses of the audit log, the newest first."""
        await self.served.platform.audit.flush()
        rows = await self.served.platform.audit.list(OWNER, AuditFilter(deed=deed))
        return [row["address"] for row in rows]


@pytest.fixture(params=sorted(COMMANDS))
async def site(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Site]:
    port = free_port()
    settings = Settings(
        home=tmp_path / "home",
        server=ServerSettings(
            port=0, public_url=f"https://localhost:{port}", trusted_proxies=("127.0.0.1/32",)
        ),
        nodes={"local": NodeSettings(kind="process")},
    )
    folder = tmp_path / "proxy"
    folder.mkdir()
    async with serving(settings) as served:
        behind = int(served.connection.address.rpartition(":")[2])
        await served.platform.accounts.create("eva", OWNER)
        invitation = await served.platform.sign_in.invitation("eva", OWNER)
        with running(request.param, folder, behind, port) as proxy:
            made = Site(served, proxy, invitation)
            async with made.client() as session:
                body = {"token": invitation, "password": PHRASE}
                async with session.post("/invitation", json=body, headers=JSON) as answer:
                    assert answer.status == 200, await answer.text()
            yield made


async def test_a_browser_signs_in_and_the_audit_log_has_its_address(site: Site) -> None:
    async with site.client("127.0.0.2") as session:
        answer = await site.sign_in(session)
        assert answer.status == 303, await answer.text()
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith(f"__Host-huggins_session_{site.proxy.port}=")
        assert {"Secure", "HttpOnly", "SameSite=Strict"} <= set(cookie.split("; "))
        assert answer.headers["Strict-Transport-Security"] == "max-age=15552000"
        page = await session.get("/jobs", headers={"Accept": "text/html"})
        assert page.status == 200
    assert (await site.addresses("signed in"))[0] == "127.0.0.2"


async def test_what_a_caller_says_of_itself_is_ignored(site: Site) -> None:
    async with site.client("127.0.0.3") as session:
        answer = await site.sign_in(session, **SPOOFED)
        assert answer.status == 303, await answer.text()
        assert "Strict-Transport-Security" in answer.headers
    assert (await site.addresses("signed in"))[0] == "127.0.0.3"
    # Past the proxy, from an address that is no proxy's.
    plain = aiohttp.TCPConnector(local_addr=("127.0.0.4", 0), family=socket.AF_INET)
    async with aiohttp.ClientSession(site.served.connection.address, connector=plain) as session:
        headers = {**JSON, **SPOOFED, "X-Forwarded-Proto": "https"}
        body = {"name": "eva", "password": PHRASE}
        direct = await session.post("/sign-in", json=body, headers=headers)
        assert direct.status == 200, await direct.text()
        assert "Strict-Transport-Security" not in direct.headers
        page = await session.get("/modules/som", headers={"Accept": "text/html", **SPOOFED})
        assert "evil.example" not in await page.text()
    assert (await site.addresses("signed in"))[0] == "127.0.0.4"


async def test_a_page_of_another_site_and_another_host_are_denied(site: Site) -> None:
    async with site.client() as session:
        await site.sign_in(session)
        answer = await session.post("/data", json={"name": "x"}, headers={"Origin": "https://evil.example"})
        assert answer.status == 403
        other = await session.get("/jobs", headers={"Host": "evil.example"})
        text = await other.text()
        assert "evil.example" not in text
        assert "huggins" not in text.lower() or other.status == 421


async def test_sign_ins_are_limited_by_the_address_of_the_client(site: Site) -> None:
    async def fail(session: aiohttp.ClientSession, number: int) -> int:
        body = {"name": f"nobody{number}", "password": "wrong wrong wrong"}
        spoofed = {**JSON, "X-Forwarded-For": f"203.0.113.{number}"}
        async with session.post("/sign-in", json=body, headers=spoofed) as answer:
            return answer.status

    async with site.client("127.0.0.5") as first, site.client("127.0.0.6") as second:
        statuses = [await fail(first, number) for number in range(32)]
        assert statuses[0] == 401
        assert statuses[-1] == 429
        assert await fail(second, 99) == 401


async def test_large_bodies_stream_through(site: Site) -> None:
    halves = [b"a" * LARGE, b"b" * LARGE]
    go_on = asyncio.Event()

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, LARGE, 2**20):
            yield halves[0][start : start + 2**20]
        await go_on.wait()
        yield halves[1]

    data = site.served.platform.settings.home / "data"
    async with site.client() as session:
        await site.sign_in(session)
        sent = {**JSON, "Origin": site.proxy.address}
        async with session.post("/data", json={"name": "large"}, headers=sent) as answer:
            dataset = (await answer.json())["dataset"]["id"]
        path = f"/data/{dataset}/files/large.bin"
        upload = asyncio.create_task(session.put(path, data=body(), headers=sent))
        async with asyncio.timeout(60):
            while not _arrived(data / dataset) >= LARGE // 2:  # half of what was sent, before its end
                await asyncio.sleep(0.05)
        assert not upload.done()
        go_on.set()
        answer = await upload
        assert answer.status == 201, await answer.text()
        told = (await answer.json())["file"]
    assert told["sha256"] == hashlib.sha256(b"".join(halves)).hexdigest()


def _arrived(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


async def test_live_events_come_at_once(site: Site) -> None:
    async with site.client() as session:
        await site.sign_in(session)
        sent = {**JSON, "Origin": site.proxy.address}
        async with session.post("/data", json={"name": "now"}, headers=sent) as answer:
            dataset = (await answer.json())["dataset"]["id"]
        async with session.get("/live?topics=datasets", headers={"Accept": "text/event-stream"}) as stream:
            assert stream.status == 200
            await session.delete(f"/data/{dataset}", headers=sent)
            event = await asyncio.wait_for(_event(stream), 20)
    assert (event["topic"], event["data"]["dataset"]) == ("datasets", dataset)


async def _event(stream: aiohttp.ClientResponse) -> dict[str, Any]:
    async for line in stream.content:
        if line.startswith(b"data: "):
            event: dict[str, Any] = json.loads(line.removeprefix(b"data: "))
            return event
    raise AssertionError("the stream ended")


async def test_links_have_the_public_address(site: Site) -> None:
    public = site.proxy.address
    assert site.served.link.startswith(f"{public}/enter?token=")
    async with site.client() as session:
        await site.sign_in(session)
        page = await (await session.get("/modules/som", headers={"Accept": "text/html"})).text()
        assert site.served.connection.address not in page
        link = await session.post("/link", json={}, headers={**JSON, "Origin": public})
        assert (await link.json())["url"].startswith(f"{public}/enter?token=")


async def test_without_tls_one_is_sent_to_the_public_address(site: Site) -> None:
    plain = f"http://localhost:{site.proxy.plain_port}/jobs?page=2"
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(family=socket.AF_INET)) as session:
        answer = await session.get(plain, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (301, f"{site.proxy.address}/jobs?page=2")
