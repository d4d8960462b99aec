"""Asynchronous predictions, through the platform: who is who, and what the page says."""

from __future__ import annotations

from typing import Any

from tests.platform.web.conftest import Site
from tests.platform.web.test_deployments import ask, deployed

LATER = "/deployments/toy/predictions"


async def later(site: Site, headers: dict[str, str], status: int = 202) -> str:
    """Request an asynchronous prediction; return its address."""
    sent = {**headers, "Prefer": "respond-async"}
    answer = await site.stranger.post("/predict/toy", headers=sent, data=b"SIMPLE")
    assert answer.status == status, await answer.text()
    return answer.headers.get("Location", "")


async def test_a_signed_in_person_asks_in_their_name_and_a_stranger_in_nobodys(site: Site) -> None:
    await deployed(site)
    mine, theirs = await later(site, site.json), await later(site, {})
    told = {one["address"]: one["caller"] for one in (await ask(site, "GET", LATER))["predictions"]}
    assert told == {mine: "user owner", theirs: ""}
    stranger = await site.stranger.get(mine)
    assert (stranger.status, (await stranger.json())["title"]) == (404, "No such prediction")
    assert (await site.stranger.get(theirs)).status == 200
    assert (await site.stranger.get(LATER)).status == 401
    assert (await ask(site, "GET", mine))["prediction"]["state"] in ("queued", "running")
    await ask(site, "DELETE", mine, 204)
    await ask(site, "GET", mine, 404)


async def test_a_page_of_another_site_cannot_ask_in_somebodys_name(site: Site) -> None:
    await deployed(site)
    await later(site, {**site.browser, "Sec-Fetch-Site": "cross-site"}, 403)


async def test_what_is_rejected_says_why_as_a_problem(site: Site) -> None:
    await ask(site, "POST", LATER, 404)
    await deployed(site, access="tokens")
    answer = await site.stranger.post(LATER, data=b"x")
    problem: dict[str, Any] = await answer.json(content_type=None)
    assert (answer.status, problem["title"]) == (401, "Not allowed")
    await ask(site, "GET", f"{LATER}/{'0' * 32}", 404)
    await ask(site, "GET", f"{LATER}/{'0' * 32}/result", 404)
