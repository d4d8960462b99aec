"""Who gets in, and what browsers are told."""

from __future__ import annotations

import asyncio
import errno
import gzip
import re
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text

from dashboard.auth.identity import OWNER
from dashboard.database.engine import Database
from dashboard.home import Home
from dashboard.settings import ServerSettings
from dashboard.web.app.application import all_endpoints
from dashboard.web.app.security import HostCheck, policy
from tests.platform.web.conftest import Site, open_site
from tests.unit.dashboard.base.test_storage import sqlite_full
from wire.slow_heads import ConnectionLimits, heads_in_time


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """Serve one platform to all tests that change nothing in it."""
    async with open_site(tmp_path_factory.mktemp("site")) as site:
        yield site


async def test_the_link_lets_a_browser_in_once(site: Site) -> None:
    link = await site.platform.sessions.one_time_link()
    answer = await site.stranger.get(f"/enter?token={link}")
    cookie = answer.cookies["huggins_session"]
    assert answer.status == 200
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert (await site.stranger.get("/jobs")).status == 200
    assert (await site.stranger.get(f"/enter?token={link}")).status == 401


async def test_a_preview_of_the_link_does_not_use_it_up(site: Site) -> None:
    link = await site.platform.sessions.one_time_link()
    for _ in range(2):
        assert (await site.stranger.head(f"/enter?token={link}")).status == 200
    assert (await site.stranger.get(f"/enter?token={link}")).status == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8470", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.9"],
)
async def test_another_host_is_answered_by_nobody(site: Site, host: str) -> None:
    for method, path in (
        ("GET", "/"),
        ("GET", "/health"),
        ("POST", "/predict/stars"),
        ("GET", "/assets/a/b"),
    ):
        headers = site.json | {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
        assert (await site.stranger.request(method, path, headers=headers)).status == 421


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:99", "127.0.0.1:8470", "127.9.9.9", "[::1]:1", "a.localhost", "LOCALHOST"],
)
async def test_names_of_this_machine_are_answered(site: Site, host: str) -> None:
    assert (await site.stranger.get("/openapi.json", headers={"Host": host})).status == 200


def test_the_public_name_is_answered_and_addresses_where_it_listens_everywhere() -> None:
    public = HostCheck(ServerSettings(public_url="https://spectra.example"))
    assert public.allows("spectra.example")
    assert not public.allows("spectra.example.evil.example")
    assert HostCheck(ServerSettings(host="0.0.0.0")).allows("10.0.0.9:8470")
    assert not HostCheck(ServerSettings(host="0.0.0.0")).allows("evil.example")


@pytest.mark.parametrize(
    "origin", [{"Origin": "http://127.0.0.1:9999"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}]
)
async def test_a_page_of_another_site_opens_no_websocket(site: Site, origin: dict[str, str]) -> None:
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade"}
    headers = {"Cookie": site.browser["Cookie"], "Accept": "application/json"} | upgrade | origin
    assert (await site.stranger.get("/deployments/x/v2/", headers=headers)).status == 403


async def test_a_method_that_is_not_taken_names_those_that_are(site: Site) -> None:
    answer = await site.stranger.put("/predict/stars", headers=site.json)
    assert (answer.status, answer.headers["Allow"]) == (405, "GET,HEAD,OPTIONS,POST")


def _modes(folder: Path) -> set[int]:
    return {stat.S_IMODE(one.stat().st_mode) for one in folder.iterdir()}


@pytest.mark.parametrize("value", ["\udcff\udcfe", "hgt_\udcff", "é"])
async def test_a_token_of_other_characters_is_an_unknown_one(site: Site, value: str) -> None:
    cookie = site.browser["Cookie"].partition("=")[0]
    for name, sent in (("Authorization", f"Bearer {value}"), ("Cookie", f"{cookie}={value}")):
        line = f"{name}: {sent}\r\n".encode("utf-8", "surrogateescape")
        server = site.stranger.server
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"GET /jobs HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + line + b"\r\n")
        async with asyncio.timeout(20):
            assert b" 401 " in await reader.readline()
        writer.close()


@pytest.mark.parametrize("path", ["/jobs", "/deployments", "/preview", "/settings/notifications", "/data"])
async def test_half_a_character_in_a_body_is_an_invalid_body(site: Site, path: str) -> None:
    body = b'{"name": "\\ud800", "module": "\\ud800", "dataset": "\\ud800"}'
    headers = site.json | {"Content-Type": "application/json"}
    answer = await site.stranger.post(path, data=body, headers=headers)
    assert (answer.status, answer.content_type) == (422, "application/problem+json")


async def test_nobody_else_reads_the_database(tmp_path: Path) -> None:
    path = tmp_path / "huggins.sqlite"
    for _ in range(2):
        database = Database(f"sqlite:///{path}")
        await database.migrate()
        async with database.read() as connection:
            await connection.execute(text("select 1"))
        assert _modes(tmp_path) == {0o600}
        await database.close()
        path.chmod(0o644)  # as older versions made it


async def test_a_home_that_was_open_to_all_is_closed(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir(mode=0o755)
    (tmp_path / "home").chmod(0o755)
    Home(tmp_path / "home").make()
    assert stat.S_IMODE((tmp_path / "home").stat().st_mode) == 0o700


async def test_a_running_platform_makes_links_for_other_browsers(site: Site) -> None:
    made = await (await site.stranger.post("/link", headers=site.json)).json()
    assert made["seconds"] > 0
    assert (await site.stranger.get(made["path"])).status == 200
    assert (await site.stranger.get("/jobs")).status == 200
    assert (await site.stranger.get(made["path"])).status == 401


async def test_nothing_is_unpacked_so_that_nothing_can_blow_up(site: Site) -> None:
    packed = gzip.compress(b'{"name": "' + b"x" * 100_000 + b'"}')
    answer = await site.stranger.post("/data", data=packed, headers=site.json | {"Content-Encoding": "gzip"})
    assert answer.status == 415
    assert "Content-Encoding" in (await answer.json())["detail"]


async def test_signing_out_ends_the_session(site: Site) -> None:
    await site.stranger.post("/leave", headers=site.browser, allow_redirects=False)
    assert (await site.stranger.get("/jobs", headers=site.browser)).status == 401


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "endpoint", [e for e in all_endpoints() if not e.public], ids=lambda e: f"{e.method} {e.path}"
)
async def test_strangers_are_rejected_everywhere(shared_site: Site, endpoint: object) -> None:
    method = "POST" if endpoint.method == "*" else endpoint.method
    path = re.sub(r"\{[^}]+\}", "1", endpoint.path)
    answer = await shared_site.stranger.request(method, path, headers={"Accept": "application/json"})
    assert answer.status == 401
    assert (await answer.json())["title"] == "Sign in first"


async def test_a_stranger_sees_how_to_sign_in(site: Site) -> None:
    text = await (await site.stranger.get("/jobs", headers={"Accept": "text/html"})).text()
    assert "huggins link" in text
    assert 'href="/models"' not in text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 422),
        ({}, 422),
    ],
)
async def test_other_sites_cannot_act_in_a_persons_name(
    site: Site, headers: dict[str, str], status: int
) -> None:
    cookie = {name: value for name, value in site.browser.items() if name == "Cookie"}
    answer = await site.stranger.post(
        "/jobs", json={}, headers={**cookie, **headers, "Accept": "application/json"}
    )
    assert answer.status == status


async def test_programs_with_a_token_need_no_origin(site: Site) -> None:
    answer = await site.stranger.post(
        "/jobs", json={}, headers={**site.json, "Origin": "https://notebook.example"}
    )
    assert answer.status == 422


async def test_a_wrong_token_is_nobody(site: Site) -> None:
    answer = await site.stranger.get(
        "/jobs", headers={"Authorization": "Bearer wrong", "Accept": "application/json"}
    )
    assert answer.status == 401


async def test_pages_forbid_inline_scripts_and_frames(site: Site) -> None:
    answer = await site.stranger.get("/", headers=site.browser)
    rules = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in rules
    assert "frame-ancestors 'none'" in rules
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_only_pages_with_plots_let_webgl_compile() -> None:
    assert "unsafe-eval" in policy(plots=True)
    assert "unsafe-eval" not in policy(plots=False)
    assert "script-src 'self' 'unsafe-inline'" not in policy(plots=True)


async def test_health_is_open_and_says_when_nobody_supervises(site: Site) -> None:
    answer = await site.stranger.get("/health")
    assert (answer.status, await answer.json()) == (503, {"status": "failing"})


async def test_the_document_is_open(site: Site) -> None:
    assert (await (await site.stranger.get("/openapi.json")).json())["openapi"] == "3.1.0"


FULL = [
    OSError(errno.ENOSPC, "No space left on device"),
    OSError(errno.EDQUOT, "Quota exceeded"),
    sqlite_full(),
]


@pytest.mark.parametrize("error", FULL, ids=["disk", "quota", "database"])
@pytest.mark.parametrize(
    ("path", "body"), [("/data", {"name": "x"}), ("/jobs", {"module": "toy", "dataset": "x"})]
)
async def test_a_full_disk_is_told_as_such(
    site: Site, monkeypatch: pytest.MonkeyPatch, path: str, body: dict[str, str], error: Exception
) -> None:
    async def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(site.platform.data, "create", full)
    monkeypatch.setattr(site.platform, "submit", full)
    answer = await site.stranger.post(path, json=body, headers=site.json)
    assert answer.status == 507
    assert (await answer.json())["type"] == "urn:huggins:problem:storage-full"


AWAY = {"Origin": "https://app.example.org", "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}


async def test_a_page_of_another_site_calls_a_deployment_as_nobody(site: Site) -> None:
    """The call counts, the cookie does not: a page that has no account may call what everybody may."""
    asked = AWAY | {"Access-Control-Request-Method": "POST"}
    for path in ("/predict/stars", "/deployments/stars/v2/models/toy/predict/"):
        preflight = await site.stranger.options(path, headers=asked)
        assert (preflight.status, preflight.headers["Access-Control-Allow-Origin"]) == (204, "*")
        answer = await site.stranger.post(path, headers=site.browser | AWAY)
        assert (answer.status, answer.headers["Access-Control-Allow-Origin"]) == (404, "*")
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    training = await site.stranger.get("/deployments/stars/v2/models/toy/train/", headers=AWAY)
    assert "Access-Control-Allow-Credentials" not in training.headers


async def test_everything_else_stays_closed_to_pages_of_other_sites(site: Site) -> None:
    for path in ("/deployments", "/jobs", "/predict/stars/x"):
        answer = await site.stranger.post(path, headers=site.browser | AWAY)
        assert answer.status == 403
        assert "Access-Control-Allow-Origin" not in answer.headers
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    socket = AWAY | {"Upgrade": "websocket", "Connection": "Upgrade"}
    answer = await site.stranger.get("/deployments/stars/v2/x", headers=site.browser | socket)
    assert answer.status == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/data/{dataset}/files/a.csv"), ("POST", "/data/{dataset}/labels"), ("POST", "/jobs")],
)
async def test_a_pause_in_an_upload_is_given_up(site: Site, method: str, path: str) -> None:
    dataset = (await site.platform.data.create("x", OWNER)).id
    server = site.stranger.server
    head = f"{method} {path.format(dataset=dataset)} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {site.token}\r\nContent-Length: 900\r\nAccept: application/json\r\n"
    kind = "application/json" if path == "/jobs" else "text/csv"
    async with heads_in_time(server.runner.server, limits=ConnectionLimits(pause_s=0.5)):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(f"{head}Content-Type: {kind}\r\n\r\n".encode() + b"1 2")
        async with asyncio.timeout(20):
            assert b" 408 " in await reader.readline()
        writer.close()
    left = list((site.platform.settings.home / "data" / dataset).rglob("*.part"))
    assert left == []
