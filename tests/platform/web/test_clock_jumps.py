"""The clock of the machine is set forward and back: what ends, and that nobody is locked out for ever."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.base import clock
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import JSON, PHRASE, created, headers_of, joined, quick_passwords, sign_in

DAY = 86_400.0


class Clock:
    """The clock of `dashboard.base.clock`, which can be set."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead_s = 0.0
        monkeypatch.setattr(clock, "now", lambda: self._after(0))
        monkeypatch.setattr(clock, "after", self._after)
        monkeypatch.setattr(
            clock, "seconds_since", lambda text: (self._moment() - clock.parse(text)).total_seconds()
        )

    def _moment(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=self.ahead_s)

    def _after(self, seconds: float) -> str:
        return clock.stamp(self._moment() + dt.timedelta(seconds=seconds))


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        yield site


async def may(site: Site, headers: dict[str, str]) -> bool:
    return (await site.stranger.get("/jobs", headers=headers)).status == 200


async def test_a_clock_set_forward_ends_sessions_tokens_and_links_and_one_signs_in_again(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    eva = await joined(site, "eva")
    wanted = {"title": "notebook", "scopes": ["read"], "days": 30}
    made = await site.stranger.post("/settings/tokens", json=wanted, headers=eva)
    token = headers_of((await made.json())["token"]["secret"])
    invitation = await created(site, "adam")
    assert await may(site, eva)
    assert await may(site, token)
    machine = Clock(monkeypatch)
    machine.ahead_s = 400 * DAY
    assert not await may(site, eva)
    assert not await may(site, token)
    body = {"token": invitation, "password": PHRASE}
    assert (await site.stranger.post("/invitation", json=body, headers=JSON)).status == 401
    status, answer = await sign_in(site, "eva")
    assert status == 200
    assert await may(site, headers_of(answer["token"]))


async def test_a_clock_set_back_ends_nothing_and_locks_nobody_out(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = Clock(monkeypatch)
    machine.ahead_s = 2 * DAY  # it was wrong, and is put right
    eva = await joined(site, "eva")
    for _ in range(3):
        assert (await sign_in(site, "eva", "wrong wrong wrong"))[0] == 401
    machine.ahead_s = 0.0
    assert await may(site, eva)
    status, answer = await sign_in(site, "eva")
    assert status == 200
    assert await may(site, headers_of(answer["token"]))
    invitation = await created(site, "adam")
    body = {"token": invitation, "password": PHRASE}
    assert (await site.stranger.post("/invitation", json=body, headers=JSON)).status == 200
    rows = (await (await site.stranger.get("/audit?size=100", headers=site.json)).json())["entries"]
    assert {"eva", "adam"} <= {row["user"] for row in rows}
