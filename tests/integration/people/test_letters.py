"""Registering, forgotten passwords and new addresses, by letters that a real mail server takes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from dashboard.auth.identity import OWNER
from dashboard.auth.links import SECONDS, LinkKind
from dashboard.database.tables import tokens
from dashboard.settings import NotificationSettings, PeopleSettings
from tests.integration.notifications.conftest import Mailbox, mailbox
from tests.integration.postgresql import migrated_database
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import (
    BROWSER,
    JSON,
    PHRASE,
    headers_of,
    joined,
    quick_passwords,
    sign_in,
)

__all__ = ["mailbox"]
LINK = re.compile(r"https?://[^/\s]+(/\S+)\?token=(\S+)")


@pytest.fixture(params=["sqlite", "postgresql"])
async def site(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    postgresql: Path,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Site]:
    monkeypatch.setattr("dashboard.notifications.letters.RETRY_S", (0.05, 0.05))
    sections = {
        "people": PeopleSettings(registration="open", email_domains=("example.org",)),
        "notifications": NotificationSettings(
            smtp_host="127.0.0.1", smtp_port=mailbox.port, smtp_security="none", sender="huggins@example.org"
        ),
    }
    url = await migrated_database(postgresql) if request.param == "postgresql" else ""
    async with open_site(tmp_path, accounts=None, url=url, sections=sections) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        yield site


async def post(site: Site, path: str, headers: dict[str, str] = JSON, **body: str) -> tuple[int, Any]:
    answer = await site.stranger.post(path, json=body, headers=headers)
    text = await answer.text()
    await site.platform.letters.idle()
    return answer.status, (await answer.json() if text else {})


def link_of(mailbox: Mailbox, to: str) -> tuple[str, str]:
    """Return path and token of the link in the last letter, which went to an address."""
    letter = mailbox.letters[-1]
    assert letter["To"] == to
    found = LINK.search(letter.get_content())
    assert found
    return found[1], found[2]


async def test_one_registers_with_an_address_that_a_link_confirms(site: Site, mailbox: Mailbox) -> None:
    status, answer = await post(site, "/register", email="Eva@example.org")
    assert status == 202
    path, token = link_of(mailbox, "Eva@example.org")
    assert path == "/register/confirm"
    page = await site.stranger.get(f"{path}?token={token}", headers={"Accept": "text/html"})
    assert "Eva@example.org" in await page.text()
    assert page.headers["Referrer-Policy"] == "no-referrer"
    for name, password, field in (
        ("owner", PHRASE, "name"),
        ("eva", "eva1234567", "password"),
        ("еva", PHRASE, "name"),
    ):
        status, told = await post(site, path, token=token, name=name, password=password)
        assert (status, told["errors"][0]["field"]) == (422, field)
    status, told = await post(site, path, token=token, name="eva", title="Eva N.", password=PHRASE)
    assert status == 200
    person = await (await site.stranger.get("/people/eva", headers=site.json)).json()
    assert (person["person"]["roles"], person["person"]["email"]) == (["user"], "Eva@example.org")
    assert (await sign_in(site, "eva@example.org"))[0] == 200
    assert (await post(site, path, token=token, name="eva2", password=PHRASE))[0] == 401  # used up
    assert answer == (await post(site, "/register", email="eva@example.org"))[1]
    assert "belongs to your account" in " ".join(mailbox.letters[-1].get_content().split())
    assert len(mailbox.letters) == 2


@pytest.mark.parametrize(
    "email", ["", "no address", "eva@evil.org", "eva@example.org.evil.org", "еva@example.org"]
)
async def test_an_address_that_is_none_or_elsewhere_gets_no_letter(
    site: Site,
    mailbox: Mailbox,
    email: str,
) -> None:
    status, told = await post(site, "/register", email=email)
    assert (status, told["errors"][0]["field"]) == (422, "email")
    form = await site.stranger.post("/register", data={"email": email}, headers=BROWSER)
    assert form.status == 422
    assert mailbox.letters == []


async def test_a_forgotten_password_is_chosen_anew_and_strangers_learn_nothing(
    site: Site,
    mailbox: Mailbox,
) -> None:
    eva = await joined(site, "eva", email="eva@example.org")
    await joined(site, "adam")  # has no address
    answers = [
        await post(site, "/forgotten-password", name=name) for name in ("nobody", "adam", "x@y.org", "")
    ]
    assert mailbox.letters == []
    answers.append(await post(site, "/forgotten-password", name="EVA"))
    assert len(mailbox.letters) == 1
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 202
    path, token = link_of(mailbox, "eva@example.org")
    async with site.platform.database.read() as connection:
        stored = (await connection.execute(select(tokens.c.hash, tokens.c.kind))).all()
    assert "reset" in {row.kind for row in stored}
    assert token not in {row.hash for row in stored}
    assert (await post(site, path, token=token, password="password123"))[0] == 422
    assert (await post(site, path, token=token, password="a whole new phrase"))[0] == 200
    assert (await post(site, path, token=token, password="another new phrase"))[0] == 401
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401
    assert (await sign_in(site, "eva", "a whole new phrase"))[0] == 200


async def test_a_link_to_an_address_that_is_ones_own_no_more_is_good_for_nothing(
    site: Site, mailbox: Mailbox
) -> None:
    await joined(site, "eva", email="eva@example.org")
    await post(site, "/forgotten-password", name="eva")
    path, token = link_of(mailbox, "eva@example.org")
    await site.platform.accounts.change("eva", {"email": "eva@elsewhere.org"}, OWNER)
    assert (await post(site, path, token=token, password="a whole new phrase"))[0] == 401
    assert (await sign_in(site, "eva", "a whole new phrase"))[0] == 401


async def test_of_two_links_the_newer_is_good_and_an_old_one_is_not(
    site: Site,
    mailbox: Mailbox,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await joined(site, "eva", email="eva@example.org")
    await post(site, "/forgotten-password", name="eva")
    path, first = link_of(mailbox, "eva@example.org")
    await post(site, "/forgotten-password", name="eva@example.org")
    assert (await post(site, path, token=first, password="a whole new phrase"))[0] == 401
    monkeypatch.setitem(SECONDS, LinkKind.RESET, -1)
    await post(site, "/forgotten-password", name="eva")
    assert (await post(site, path, token=link_of(mailbox, "eva@example.org")[1], password=PHRASE))[0] == 401


async def test_who_is_disabled_gets_no_link(site: Site, mailbox: Mailbox) -> None:
    await joined(site, "eva", email="eva@example.org")
    await site.stranger.post("/people/eva", json={"disabled": True}, headers=site.json)
    assert (await post(site, "/forgotten-password", name="eva"))[0] == 202
    assert mailbox.letters == []


async def test_nobody_is_flooded_with_letters(site: Site, mailbox: Mailbox) -> None:
    await joined(site, "eva", email="eva@example.org")
    statuses = [(await post(site, "/forgotten-password", name="eva"))[0] for _ in range(25)]
    assert len(mailbox.letters) == 3
    assert statuses[:20] == [202] * 20
    assert statuses[-1] == 429


async def test_a_new_address_counts_when_it_is_confirmed_and_the_old_one_is_told(
    site: Site,
    mailbox: Mailbox,
) -> None:
    eva = await joined(site, "eva", email="eva@example.org")
    wrong, told = await post(site, "/settings/email", eva, email="new@example.org", password="wrong wrong")
    assert (wrong, told["errors"][0]["field"]) == (422, "password")
    body = {"email": "new@example.org", "password": PHRASE}
    assert (await post(site, "/settings/email", eva, **body))[0] == 202
    profile = (await (await site.stranger.get("/settings", headers=eva)).json())["profile"]
    assert (profile["person"]["email"], profile["pending_email"]) == ("eva@example.org", "new@example.org")
    path, token = link_of(mailbox, "new@example.org")
    assert (await site.stranger.get(f"{path}?token={token}", headers={"Accept": "text/html"})).status == 200
    assert (await post(site, path, token=token))[0] == 200
    assert mailbox.letters[-1]["To"] == "eva@example.org"
    assert (await sign_in(site, "new@example.org"))[0] == 200
    assert (await sign_in(site, "eva@example.org"))[0] == 401
    assert (await post(site, path, token=token))[0] == 401


async def test_an_address_of_somebody_else_is_answered_as_any_and_its_owner_is_told(
    site: Site,
    mailbox: Mailbox,
) -> None:
    eva = await joined(site, "eva", email="eva@example.org")
    await joined(site, "adam", email="adam@example.org")
    body = {"email": "Adam@example.org", "password": PHRASE}
    assert (await post(site, "/settings/email", eva, **body))[0] == 202
    assert mailbox.letters[-1]["To"] == "adam@example.org"
    assert "token=" not in str(mailbox.letters[-1])


async def test_a_mail_server_that_does_not_take_it_at_once_gets_it_again(
    site: Site,
    mailbox: Mailbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    mailbox.reject = "451 later"
    assert (await post(site, "/register", email="eva@example.org"))[0] == 202
    assert len([line for line in caplog.messages if "a letter about an account was not sent" in line]) == 3
    assert "token=" not in caplog.text


async def test_the_title_is_ones_own_to_change(site: Site) -> None:
    eva = await joined(site, "eva")
    status, told = await post(site, "/settings/profile", eva, title="Eva  Nova")
    assert (status, told["person"]["title"]) == (200, "Eva Nova")
    assert (await post(site, "/settings/profile", eva, title="a\u202eb"))[0] == 422


async def test_sessions_say_where_and_when_they_were_used(site: Site) -> None:
    await joined(site, "eva")
    agent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"
    body = {"name": "eva", "password": PHRASE}
    answer = await site.stranger.post("/sign-in", json=body, headers={**JSON, "User-Agent": agent})
    eva = headers_of((await answer.json())["token"])
    await sign_in(site, "eva", "wrong wrong wrong")
    listed = (await (await site.stranger.get("/settings/sessions", headers=eva)).json())["sessions"]
    [current] = [one for one in listed if one["current"]]
    assert (current["agent"], current["address"], current["how"]) == (agent, "127.0.0.1", "password")
    assert current["last_used"]
    sign_ins = (await (await site.stranger.get("/settings", headers=eva)).json())["profile"]["sign_ins"]
    assert [one["deed"] for one in sign_ins][:2] == ["sign-in failed", "signed in"]
