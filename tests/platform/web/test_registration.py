"""Registering and forgotten passwords on a platform without a mail server, or without registration."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.settings import PeopleSettings
from tests.platform.web.conftest import open_site
from tests.platform.web.people import BROWSER, JSON, created


@pytest.mark.parametrize(
    ("registration", "words"),
    [("closed", "ask an administrator"), ("invited", "ask an administrator"), ("open", "no mail server")],
)
async def test_where_nobody_registers_the_page_says_why_and_invitations_work(
    tmp_path: Path, registration: str, words: str
) -> None:
    sections = {"people": PeopleSettings(registration=registration)}
    async with open_site(tmp_path, accounts=None, sections=sections) as site:
        page = await site.stranger.get("/register", headers=BROWSER)
        assert (page.status, words in await page.text()) == (200, True)
        answer = await site.stranger.post("/register", json={"email": "eva@example.org"}, headers=JSON)
        assert (answer.status, words in (await answer.json())["detail"]) == (409, True)
        assert await created(site, "eva", email="eva@example.org")
        form = await (await site.stranger.get("/sign-in", headers=BROWSER)).text()
        assert ('href="/register"' in form) is (registration == "open")
        forgotten = await site.stranger.get("/forgotten-password", headers=BROWSER)
        assert "no mail server" in await forgotten.text()
        answer = await site.stranger.post("/forgotten-password", json={"name": "eva"}, headers=JSON)
        assert answer.status == 409
