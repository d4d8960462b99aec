"""API tokens: scopes, expiry, revocation, Basic authentication, and what no token may do."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import update

from dashboard.auth.identity import Role, Scope
from dashboard.database.tables import api_tokens
from tests.platform.web.conftest import Site

JSON = {"Accept": "application/json"}


async def made(
    site: Site, *scopes: str, headers: dict[str, str] | None = None, days: int | None = 90
) -> dict[str, Any]:
    body = {"title": "notebook", "scopes": list(scopes), "days": days}
    answer = await site.stranger.post("/settings/tokens", json=body, headers=headers or site.json)
    assert answer.status == 201, await answer.text()
    return (await answer.json())["token"]


def bearer(token: dict[str, Any]) -> dict[str, str]:
    return {"Authorization": f"Bearer {token['secret']}", **JSON}


async def status(site: Site, method: str, path: str, headers: dict[str, str]) -> int:
    body = {} if method == "GET" else {"json": {}}
    return (await site.stranger.request(method, path, headers=headers, **body)).status


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/jobs", "read"),
        ("GET", "/people", "admin"),  # who has an account is for administrators only
        ("POST", "/data", "data"),
        ("POST", "/jobs", "jobs"),
        ("POST", "/deployments", "deploy"),
        ("POST", "/nodes", "admin"),
        ("POST", "/people", "admin"),
    ],
)
async def test_a_token_does_what_its_scope_says_and_nothing_else(
    site: Site, method: str, path: str, scope: str
) -> None:
    for one in Scope:
        denied = await status(site, method, path, bearer(await made(site, one))) == 403
        assert denied == (one != scope), one


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/link"),
        ("POST", "/settings/tokens"),
        ("DELETE", "/settings/tokens/x"),
        ("POST", "/settings/sessions/end-others"),
        ("DELETE", "/settings/sessions/x"),
        ("POST", "/settings/password"),
        ("POST", "/settings/notifications"),
    ],
)
async def test_no_token_is_enough_for_what_is_about_signing_in(site: Site, method: str, path: str) -> None:
    headers = bearer(await made(site, *Scope))
    answer = await site.stranger.request(method, path, headers=headers, json={})
    assert answer.status == 403
    assert "sign in" in (await answer.json())["detail"]


async def test_basic_authentication_takes_the_token_as_its_password(site: Site) -> None:
    token = await made(site, "read")

    def basic(text: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(text.encode()).decode(), **JSON}

    assert await status(site, "GET", "/jobs", basic(f"owner:{token['secret']}")) == 200
    for wrong in (f"{token['secret']}:", "owner:hgp_nothing", f"owner:{site.token}", "x"):
        assert await status(site, "GET", "/jobs", basic(wrong)) == 401
    assert await status(site, "GET", "/jobs", {"Authorization": "Basic ???", **JSON}) == 401
    # A browser repeats it by itself, as it does a cookie: not for a page of another site.
    foreign = {**basic(f"owner:{(await made(site, 'data'))['secret']}"), "Sec-Fetch-Site": "cross-site"}
    assert await status(site, "POST", "/data", foreign) == 403


async def test_a_token_ends_when_it_expires_or_is_revoked(site: Site) -> None:
    token, other = await made(site, "read"), await made(site, "read", days=None)
    assert other["expires"] is None
    assert await status(site, "GET", "/jobs", bearer(token)) == 200
    listed = (await (await site.stranger.get("/settings/tokens", headers=site.json)).json())["tokens"]
    assert {one["id"] for one in listed} == {token["id"], other["id"]}
    assert next(one for one in listed if one["id"] == token["id"])["last_used"]
    assert token["secret"] not in str(listed)
    async with site.platform.database.write() as connection:
        row = api_tokens.c.id == token["id"]
        await connection.execute(update(api_tokens).where(row).values(expires="2020-01-01T00:00:00.000Z"))
    assert await status(site, "GET", "/jobs", bearer(token)) == 401
    assert await status(site, "DELETE", f"/settings/tokens/{other['id']}", site.json) == 204
    assert await status(site, "GET", "/jobs", bearer(other)) == 401


async def test_a_token_has_the_roles_of_its_user_and_is_theirs_alone(site: Site) -> None:
    platform = site.platform
    await platform.accounts.create("eva", await platform.identify(site.token), roles=[Role.VIEWER])
    session = await platform.sessions.open("eva")
    eva = {"Authorization": f"Bearer {session}", **JSON}
    token = await made(site, "data", "read", headers=eva)
    mine = await made(site, "read")
    assert await status(site, "DELETE", f"/settings/tokens/{mine['id']}", eva) == 404
    told = await (await site.stranger.get("/settings/tokens", headers=eva)).json()
    assert [one["id"] for one in told["tokens"]] == [token["id"]]
    wanted = {"title": "x", "scopes": ["admin"]}
    assert (await site.stranger.post("/settings/tokens", json=wanted, headers=eva)).status == 422


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 121}, "title"),
        ({"title": "x", "scopes": []}, "scopes"),
        ({"title": "x", "scopes": ["all"]}, "scopes.0"),
        ({"title": "x", "days": 0}, "days"),
        ({"title": "x", "days": 4000}, "days"),
        ({"title": "x", "days": "soon"}, "days"),
    ],
)
async def test_what_is_wrong_with_a_new_token_is_told_by_field(
    site: Site, body: dict[str, Any], field: str
) -> None:
    answer = await site.stranger.post("/settings/tokens", json=body, headers=site.json)
    assert answer.status == 422
    assert [error["field"] for error in (await answer.json())["errors"]] == [field]
