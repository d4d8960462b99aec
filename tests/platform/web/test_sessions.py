"""Browser sessions: the name of their cookie, and how they are listed and ended."""

from __future__ import annotations

from typing import Any

import pytest

from dashboard.auth.identity import Identity, Role
from dashboard.settings import ServerSettings
from dashboard.web.app import events
from dashboard.web.app.app_keys import SESSION_COOKIE
from dashboard.web.app.session_cookie import SessionCookie
from tests.platform.web.conftest import Site

EVA = Identity("eva", frozenset({Role.ADMIN}))


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        ({}, "huggins_session"),
        ({"port": 8531}, "huggins_session_8531"),
        ({"public_url": "https://spectra.example"}, "__Host-huggins_session"),
        ({"public_url": "https://spectra.example:8443", "port": 9}, "__Host-huggins_session_8443"),
        ({"public_url": "http://spectra.example:81"}, "huggins_session_81"),
    ],
)
def test_the_cookie_is_named_by_the_port_that_browsers_use(settings: dict[str, Any], name: str) -> None:
    assert SessionCookie(ServerSettings(**settings)).name == name


def test_the_port_that_was_taken_counts_unless_a_public_address_is_set() -> None:
    free, public = (
        SessionCookie(ServerSettings(port=0)),
        SessionCookie(ServerSettings(public_url="https://a.b")),
    )
    free.listen(40123)
    public.listen(40123)
    assert (free.name, public.name) == ("huggins_session_40123", "__Host-huggins_session")


async def test_behind_tls_the_cookie_is_secure_and_of_this_host_only(site: Site) -> None:
    app = site.stranger.app
    assert app is not None
    app[SESSION_COOKIE].__init__(ServerSettings(public_url="https://spectra.example"))  # type: ignore[misc]
    link = await site.platform.sessions.one_time_link()
    answer = await site.stranger.get(f"/enter?token={link}")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-huggins_session=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"} <= set(cookie.split("; "))
    assert "Domain" not in cookie


async def test_another_cookie_of_the_name_does_not_hide_the_session(site: Site) -> None:
    good = f"huggins_session={site.token}"
    for cookies in (f"{good}; huggins_session=bad", f"huggins_session=bad; {good}", f"a=b; {good}"):
        headers = {"Cookie": cookies, "Accept": "application/json"}
        assert (await site.stranger.get("/jobs", headers=headers)).status == 200
    other = {"Cookie": f"huggins_session_8531={site.token}", "Accept": "application/json"}
    assert (await site.stranger.get("/jobs", headers=other)).status == 401


async def session(site: Site, identity: Identity | None = None) -> dict[str, str]:
    sessions = site.platform.sessions
    link = await (sessions.one_time_link(identity) if identity else sessions.one_time_link())
    token = await sessions.redeem(link)
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}


async def test_sessions_are_listed_and_ended(site: Site) -> None:
    other, eva = await session(site), await session(site, EVA)
    told = (await (await site.stranger.get("/settings/sessions", headers=other)).json())["sessions"]
    assert [one["current"] for one in told].count(True) == 1
    assert len(told) == 2
    assert site.token not in str(told)
    mine = next(one["id"] for one in told if not one["current"])
    address = f"/settings/sessions/{mine}"
    assert (await site.stranger.delete(address, headers=eva)).status == 404  # of another user
    assert (await site.stranger.delete("/settings/sessions/_", headers=other)).status == 404
    assert (await site.stranger.delete(address, headers=other)).status == 204
    assert (await site.stranger.get("/jobs", headers=site.json)).status == 401
    assert (await site.stranger.get("/jobs", headers=eva)).status == 200


async def test_all_other_sessions_and_links_end_at_once(site: Site) -> None:
    others = [await session(site) for _ in range(2)]
    link, eva = await site.platform.sessions.one_time_link(), await session(site, EVA)
    answer = await site.stranger.post("/settings/sessions/end-others", json={}, headers=site.json)
    assert (await answer.json()) == {"ended": 3}
    for headers in others:
        assert (await site.stranger.get("/jobs", headers=headers)).status == 401
    assert (await site.stranger.get(f"/enter?token={link}")).status == 401
    for headers in (site.json, eva):
        assert (await site.stranger.get("/jobs", headers=headers)).status == 200


async def test_the_page_of_the_settings_lists_sessions(site: Site) -> None:
    await session(site)
    text = await (await site.stranger.get("/settings", headers=site.browser)).text()
    assert "this one" in text
    assert "/settings/sessions/" in text


async def test_live_events_end_with_their_session(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_S", 0.05)
    other = await session(site)
    stream = await site.stranger.get("/live?topics=jobs", headers=other)
    assert (await stream.content.readline()).startswith(b"retry")
    await site.stranger.post("/settings/sessions/end-others", json={}, headers=site.json)
    assert b"data:" not in await stream.content.read()


async def test_the_link_has_the_public_address(site: Site) -> None:
    server = site.platform.settings.server
    object.__setattr__(server, "public_url", "https://spectra.example/")
    made = await (await site.stranger.post("/link", json={}, headers=site.json)).json()
    assert made["url"] == f"https://spectra.example{made['path']}"
