"""What somebody without an account sees of a platform with accounts, and that it is nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.auth.identity import OWNER
from dashboard.web.app.application import all_endpoints
from tests.platform.web.conftest import Site, open_site
from tests.platform.world import add_dataset, settle, submit

SHOWN, HIDDEN = "zirconium", "praseodymium"
BROWSER = {"Accept": "text/html"}
JSON = {"Accept": "application/json"}
#: Addresses that answer a visitor, beside those that are for everybody.
OPEN = {
    "/",
    "/announcements",
    "/catalog.json",
    "/catalog.ttl",
    "/modules/{module}",
    "/modules/{module}/metadata.jsonld",
    "/modules/{module}/metadata.ttl",
    "/modules/{module}/files/{path:.+}",
    "/modules/{module}/versions",
    "/modules/{module}/versions/{version}",
    "/modules/{namespace}/{name}",
    "/data",
    "/data/{dataset}",
    r"/data/{dataset}/spectra/{number:\d+}",
    r"/data/{dataset}/spectra/{number:\d+}/file",
    "/data/{dataset}/plot",
    "/data/{dataset}/export",
    "/models",
    "/models/{model}",
    "/models/{model}/card",
    "/models/{model}/card.md",
    "/models/{model}/files",
    "/deployments",
    "/leaderboards",
    "/docs",
    "/docs/api",
    "/docs/images/{picture}",
    "/docs/modules",
    "/docs/monitoring/{file}",
    "/docs/{guide:.+}",
    "/find",
    "/live",
    "/vo/datalink",
    "/vo/obscore",
    "/vo/preview",
    "/vo/soda",
    "/vo/ssa",
}


@pytest.fixture
async def site(tmp_path: Path, database_url: str) -> AsyncIterator[Site]:
    async with open_site(tmp_path, accounts=None, url=database_url) as site:
        await site.platform.accounts.create("eva", OWNER)
        yield site


async def publish(site: Site, name: str, *, public: bool) -> dict[str, str]:
    """Create a dataset, a job, a model and a deployment, and show them to everybody or not."""
    platform = site.platform
    dataset = await add_dataset(platform, name=name)
    job = await settle(platform, await submit(platform, dataset, label=name))
    model = await platform.models.of_job(job.id)
    assert model is not None
    made = {"name": name, "model": model.id, "access": "users"}
    assert (await site.stranger.post("/deployments", json=made, headers=site.json)).status == 201
    named = {"dataset": dataset, "model": model.id, "deployment": name, "job": job.id}
    for kind in named if public else ():
        await platform.sharing.change(kind, named[kind], {"visibility": "public"}, OWNER)
    return named


async def test_a_visitor_sees_what_is_public_and_no_trace_of_anything_else(site: Site) -> None:
    shown, hidden = await publish(site, SHOWN, public=True), await publish(site, HIDDEN, public=False)
    for headers in (BROWSER, JSON):
        for path, trace in (
            ("/", "toy"),
            ("/data", SHOWN),
            ("/models", shown["model"]),
            ("/deployments", SHOWN),
            (f"/find?q={SHOWN}", shown["model"]),
        ):
            answer = await site.stranger.get(path, headers=headers)
            text = await answer.text()
            assert answer.status == 200, path
            assert trace in text, path
            assert not [found for found in (HIDDEN, *hidden.values()) if found in text], path
            assert "local" not in re.findall(r'"node":"(\w+)"', text), path  # nodes are no visitor's business
        for kind, place in (("dataset", "/data"), ("model", "/models")):
            assert (await site.stranger.get(f"{place}/{shown[kind]}", headers=headers)).status == 200
            assert (await site.stranger.get(f"{place}/{hidden[kind]}", headers=headers)).status == 401
            assert (await site.stranger.get(f"{place}/nothing", headers=headers)).status == 401


async def test_a_search_finds_what_the_caller_may_see(site: Site) -> None:
    await publish(site, SHOWN, public=True)
    await publish(site, HIDDEN, public=False)
    for headers, name, kinds in (
        (JSON, HIDDEN, set()),
        (JSON, SHOWN, {"dataset", "model", "deployment"}),
        (site.json, HIDDEN, {"dataset", "job", "model", "deployment"}),
        (JSON, "", set()),
    ):
        answer = await site.stranger.get("/find", params={"q": name}, headers=headers)
        found = (await answer.json())["found"]
        assert {one["kind"] for one in found} - {"module", "guide"} == kinds, (name, found)


async def test_a_visitor_may_open_these_addresses_and_no_others(site: Site) -> None:
    named = await publish(site, SHOWN, public=True)
    named |= {"module": "toy", "path": "README.md", "person": "eva", "name": "eva", "project": "stars"}
    named |= {"node": "local", "version": "1.0.0"}
    answered = set()
    for endpoint in all_endpoints():
        if endpoint.public:
            continue
        path = re.sub(r"\{(\w+)(?::[^{}]*)?\}", lambda found: named.get(found[1], "1"), endpoint.path)
        method = "POST" if endpoint.method == "*" else endpoint.method
        async with site.stranger.request(method, path, headers=JSON, params={"topics": "jobs"}) as answer:
            if answer.status != 401:
                answered.add(endpoint.path)
    assert answered == OPEN


async def test_pages_offer_a_visitor_nothing_that_is_denied(site: Site) -> None:
    named = await publish(site, SHOWN, public=True)
    for path in (
        "/",
        "/modules/toy",
        "/data",
        f"/data/{named['dataset']}",
        f"/models/{named['model']}",
        "/deployments",
    ):
        text = await (await site.stranger.get(path, headers=BROWSER)).text()
        assert "/sign-in?next=" in text, path
        assert "Sign out" not in text, path
        for offered in (
            ">Delete<",
            ">Deploy<",
            "Train on these",
            'href="/jobs"',
            'href="/nodes"',
            "data-action=",
        ):
            assert offered not in text, (path, offered)


async def test_without_accounts_or_by_setting_there_is_no_public_face(tmp_path: Path) -> None:
    async with open_site(tmp_path / "alone", accounts=None) as site:
        assert (await site.stranger.get("/", headers=BROWSER)).status == 401
    async with open_site(tmp_path / "closed", accounts=None) as site:
        await site.platform.accounts.create("eva", OWNER)
        settings = site.platform.settings
        site.platform.settings = replace(settings, people=replace(settings.people, visitors=False))
        assert (await site.stranger.get("/", headers=BROWSER)).status == 401


async def test_a_visitor_follows_no_private_events(site: Site) -> None:
    named = await publish(site, HIDDEN, public=False)
    for topic in (f"job:{named['job']}", f"dataset:{named['dataset']}", f"deployment:{HIDDEN}"):
        assert (await site.stranger.get("/live", params={"topics": topic}, headers=JSON)).status == 401
