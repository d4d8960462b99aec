"""Accounts over HTTP: invitations, signing in, roles, disabling, and what others may not do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.web.pages.people.signed_in import own_path
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import JSON, PHRASE, created, joined, quick_passwords, sign_in


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        site.platform.__dict__["passwords"] = quick_passwords()
        yield site


async def test_an_invitation_gives_an_account_its_password_once(site: Site) -> None:
    token = await created(site, "Eva", email="Eva@Example.org", title="Eva N.")
    page = await site.stranger.get(f"/invitation?token={token}", headers={"Accept": "text/html"})
    assert page.status == 200
    assert "eva" in await page.text()
    weak = await site.stranger.post(
        "/invitation", json={"token": token, "password": "password123"}, headers=JSON
    )
    assert weak.status == 422
    assert (await sign_in(site, "eva"))[0] == 401
    body = {"token": token, "password": PHRASE}
    assert (await site.stranger.post("/invitation", json=body, headers=JSON)).status == 200
    assert (await site.stranger.post("/invitation", json=body, headers=JSON)).status == 401
    for name in ("eva", "EVA", " eva ", "eva@example.org"):
        assert (await sign_in(site, name))[0] == 200


async def test_a_browser_signs_in_with_a_plain_form_and_goes_where_it_was(site: Site) -> None:
    await joined(site)
    form = {"name": "eva", "password": PHRASE, "next": "/jobs?page=2"}
    browser = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    answer = await site.stranger.post("/sign-in", data=form, headers=browser, allow_redirects=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/jobs?page=2")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    wrong = await site.stranger.post("/sign-in", data={**form, "password": "x"}, headers=browser)
    assert wrong.status == 401
    text = await wrong.text()
    assert "wrong" in text
    assert 'value="eva"' in text
    foreign = {**browser, "Sec-Fetch-Site": "cross-site"}
    assert (await site.stranger.post("/sign-in", data=form, headers=foreign)).status == 403


@pytest.mark.parametrize(
    "text",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "", "/a\nb", "/ä"],
)
def test_after_signing_in_nobody_is_sent_to_another_site(text: str) -> None:
    assert own_path(text) == "/"


async def test_unknown_disabled_and_wrong_are_answered_alike(site: Site) -> None:
    await joined(site)
    await joined(site, "adam")
    await site.stranger.post("/people/adam", json={"disabled": True}, headers=site.json)
    told = [
        await sign_in(site, "nobody"),
        await sign_in(site, "adam"),
        await sign_in(site, "eva", "wrong wrong"),
    ]
    without = [(status, {k: v for k, v in body.items() if k != "id"}) for status, body in told]
    assert without[0] == without[1] == without[2]
    assert without[0][0] == 401


async def test_failures_are_slowed_down_by_name_whether_there_is_such_an_account_or_not(site: Site) -> None:
    await joined(site)
    for name in ("eva", "nobody"):
        for _ in range(5):
            assert (await sign_in(site, name, "wrong wrong"))[0] == 401
        answer = await site.stranger.post("/sign-in", json={"name": name, "password": PHRASE}, headers=JSON)
        assert answer.status == 429
        assert int(answer.headers["Retry-After"]) >= 1
    assert (await sign_in(site, "adam"))[0] == 401  # another name may still try


async def test_an_account_that_is_disabled_is_signed_out_at_once(site: Site) -> None:
    eva = await joined(site)
    assert (await site.stranger.get("/jobs", headers=eva)).status == 200
    await site.stranger.post("/people/eva", json={"disabled": True}, headers=site.json)
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401
    await site.stranger.post("/people/eva", json={"disabled": False}, headers=site.json)
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401
    assert (await sign_in(site, "eva"))[0] == 200


@pytest.mark.parametrize("role", ["viewer", "user", "publisher", "manager"])
async def test_only_administrators_see_and_change_people(site: Site, role: str) -> None:
    eva = await joined(site, roles=[role])
    await joined(site, "adam")
    ask = site.stranger
    assert (await ask.get("/people", headers=eva)).status == 403
    assert (await ask.post("/people", json={"name": "bob"}, headers=eva)).status == 403
    for person in ("adam", "nobody", "eva"):
        address = f"/people/{person}"
        assert (await ask.get(address, headers=eva)).status == 403
        assert (await ask.post(address, json={"roles": ["admin"]}, headers=eva)).status == 403
        assert (await ask.post(f"{address}/invitation", headers=eva)).status == 403
        assert (await ask.post(f"{address}/end-sessions", headers=eva)).status == 403
        assert (await ask.delete(address, headers=eva)).status == 403
    assert (await ask.get("/people", headers=JSON)).status == 401


async def test_an_administrator_with_an_account_administers(site: Site) -> None:
    eva = await joined(site, roles=["admin"])
    assert (await site.stranger.post("/people", json={"name": "adam"}, headers=eva)).status == 201
    people = (await (await site.stranger.get("/people", headers=eva)).json())["people"]
    assert [(one["name"], one["state"]) for one in people] == [("adam", "invited"), ("eva", "active")]


async def test_the_last_administrator_stays(site: Site) -> None:
    await joined(site, roles=["admin"])
    for change in ({"roles": ["user"]}, {"disabled": True}):
        answer = await site.stranger.post("/people/eva", json=change, headers=site.json)
        assert answer.status == 409
        assert "last administrator" in (await answer.json())["detail"]
    assert (await site.stranger.delete("/people/eva", headers=site.json)).status == 409
    await joined(site, "adam", roles=["admin"])
    assert (await site.stranger.delete("/people/eva", headers=site.json)).status == 204


async def test_a_deleted_account_leaves_its_name_taken(site: Site) -> None:
    eva = await joined(site, email="eva@example.org")
    assert (await site.stranger.delete("/people/eva", headers=site.json)).status == 204
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401
    assert (await sign_in(site, "eva"))[0] == 401
    again = await site.stranger.post("/people", json={"name": "eva"}, headers=site.json)
    assert again.status == 409
    await created(site, "eva2", email="eva@example.org")


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "EVA"}, 409, "name"),
        ({"name": "bob", "email": "EVA@example.org"}, 409, "email"),
        ({"name": "bob", "email": "no address"}, 422, "email"),
        ({"name": "еva"}, 422, "name"),
        ({"name": "owner"}, 422, "name"),
        ({"name": "bob", "roles": ["king"]}, 422, "roles.0"),
        ({"name": "bob", "rolls": ["user"]}, 422, "rolls"),
        ({"name": "bob", "title": "a\u202eb"}, 422, "title"),
    ],
)
async def test_what_is_wrong_with_a_new_account_is_told_by_field(
    site: Site, body: dict[str, Any], status: int, field: str
) -> None:
    await joined(site, email="eva@example.org")
    answer = await site.stranger.post("/people", json=body, headers=site.json)
    assert answer.status == status
    assert [error["field"] for error in (await answer.json())["errors"]] == [field]


async def test_one_changes_ones_own_password_and_other_sessions_end(site: Site) -> None:
    eva = await joined(site)
    other = (await sign_in(site, "eva"))[1]["token"]
    ask = site.stranger
    wrong = await ask.post(
        "/settings/password", json={"old": "x", "password": "a whole new phrase"}, headers=eva
    )
    assert (wrong.status, (await wrong.json())["errors"][0]["field"]) == (422, "old")
    weak = await ask.post("/settings/password", json={"old": PHRASE, "password": "password123"}, headers=eva)
    assert weak.status == 422
    done = await ask.post(
        "/settings/password", json={"old": PHRASE, "password": "a whole new phrase"}, headers=eva
    )
    assert done.status == 204
    assert (await ask.get("/jobs", headers=eva)).status == 200
    assert (await ask.get("/jobs", headers={"Authorization": f"Bearer {other}", **JSON})).status == 401
    assert (await sign_in(site, "eva"))[0] == 401
    assert (await sign_in(site, "eva", "a whole new phrase"))[0] == 200


async def test_a_new_invitation_ends_the_one_before_and_a_new_password_the_sessions(site: Site) -> None:
    eva = await joined(site)
    links = [
        (await (await site.stranger.post("/people/eva/invitation", headers=site.json)).json())["path"]
        for _ in range(2)
    ]
    tokens = [link.partition("token=")[2] for link in links]
    body = {"password": "a whole new phrase"}
    first = await site.stranger.post("/invitation", json={"token": tokens[0], **body}, headers=JSON)
    assert first.status == 401
    assert (await site.stranger.get("/jobs", headers=eva)).status == 200
    second = await site.stranger.post("/invitation", json={"token": tokens[1], **body}, headers=JSON)
    assert second.status == 200
    assert (await site.stranger.get("/jobs", headers=eva)).status == 401


async def test_a_viewer_reads_and_has_nothing_of_their_own(site: Site) -> None:
    eva = await joined(site, roles=["viewer"])
    assert (await site.stranger.get("/data", headers=eva)).status == 200
    assert (await site.stranger.post("/data", json={"name": "t"}, headers=eva)).status == 403


async def test_the_pages_of_people_are_for_those_who_may_open_them(site: Site) -> None:
    await joined(site)
    listed = await (await site.stranger.get("/people", headers=site.browser)).text()
    assert 'href="/people/eva"' in listed
    assert (await site.stranger.get("/people/eva", headers=site.browser)).status == 200
    market = await (await site.stranger.get("/", headers=site.browser)).text()
    assert 'href="/administration"' in market
    overview = await (await site.stranger.get("/administration", headers=site.browser)).text()
    assert 'href="/people"' in overview
    form = await (await site.stranger.get("/sign-in", headers={"Accept": "text/html"})).text()
    assert 'name="password"' in form
