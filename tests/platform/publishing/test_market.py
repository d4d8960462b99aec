"""The market: who sees a module, stars, use, badges, leaderboards, order."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.database.tables import datasets, jobs
from dashboard.market.leaderboard import leaderboards
from dashboard.modules.published import Published
from dashboard.publishing.finding import Step, StepState
from tests.platform.publishing.publishing_site import FakeBuilder, packed, published
from tests.platform.web.conftest import Site, open_site
from tests.platform.web.people import joined
from tests.platform.world import World

Headers = dict[str, str]
ADDRESS = "/modules/eva%2Fwiggles"


class Builder(FakeBuilder):
    """Whose check repeats a training, and runs on udocker."""

    async def check(self, folder: Path, image: Any = None) -> Any:
        report, built = await super().check(folder, image)
        done = [("repeat", "docker"), ("train", "udocker"), ("predict", "udocker")]
        report.steps += [Step(name, node, StepState.PASSED, 1.0) for name, node in done]
        return report, built


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "site", accounts=None) as site:
        site.platform.publisher._builder = Builder()
        yield site


async def market(site: Site, headers: Headers, **query: str) -> dict[str, dict[str, Any]]:
    """Return what the market shows, in its order."""
    await site.platform.figures.refresh()
    answer = await site.stranger.get("/", headers=headers, params=query)
    return {one["name"]: one for one in (await answer.json())["modules"]}


async def test_a_module_is_seen_by_whom_its_owner_wants(shop: Site, written: Path) -> None:
    eva = await joined(shop, "eva", roles=["publisher"])
    uma = await joined(shop, "uma", roles=["user"])
    ida = await joined(shop, "ida", roles=["publisher"])
    await published(shop, packed(written), eva)
    await shop.stranger.post("/projects", json={"name": "north"}, headers=eva)
    await shop.stranger.post("/projects/north/members", json={"user": "ida"}, headers=eva)

    async def changed(status: int = 200, headers: Headers = eva, **body: Any) -> None:
        answer = await shop.stranger.post(ADDRESS, json=body, headers=headers)
        assert answer.status == status, await answer.text()

    async def seen(headers: Headers) -> set[int]:
        found = {(await shop.stranger.get(ADDRESS + path, headers=headers)).status for path in PAGES}
        found.add(200 if "eva/wiggles" in await market(shop, headers) else 404)
        for path in ("/find?q=wiggles", "/docs/modules"):
            told = await (await shop.stranger.get(path, headers=headers)).text()
            found.add(200 if "wiggles" in told.replace('"q":"wiggles"', "") else 404)
        return found

    assert await seen(uma) == {200}
    await changed(403, uma, visibility="private")
    await changed(visibility="private")
    assert (await seen(eva), await seen(uma), await seen(ida)) == ({200}, {404}, {404})
    body = {"module": "eva/wiggles", "dataset": ""}
    denied = await shop.stranger.post("/jobs", json=body, headers=uma)
    assert "There is no module eva/wiggles." in await denied.text()
    missing = await shop.stranger.get("/modules/eva%2Fwigglez", headers=uma)
    assert "eva/wiggles" not in (await missing.text()).replace("eva/wigglez", "")
    await changed(422, visibility="project")
    await changed(422, visibility="project", project="south")
    await changed(visibility="project", project="north")
    assert (await seen(uma), await seen(ida)) == ({404}, {200})
    await changed(visibility="public")
    assert await seen(uma) == {200}
    other = Published(shop.platform.published.store, shop.platform.published.key, written)
    await other.read()
    assert not await other.changed()
    await changed(visibility="private")
    assert await other.changed()
    await changed(422, owner="nobody")
    await changed(422, owner="uma")  # no publisher
    await changed(owner="ida")
    assert (await seen(eva), await seen(ida)) == ({404}, {200})
    await changed(404, owner="eva")
    await changed(headers=ida, owner="eva")


PAGES = ("", "/versions", "/versions/0.1.0", "/files/README.md")


async def test_badges_say_what_the_check_showed(shop: Site, written: Path) -> None:
    eva = await joined(shop, "eva", roles=["publisher"])
    await published(shop, packed(written), eva)
    found = await market(shop, eva)
    assert found["eva/wiggles"]["badges"] == ["checked", "signed", "reproducible", "runs on HPC"]
    assert found["toy"]["badges"] == []
    page = await (await shop.stranger.get(ADDRESS, headers={**eva, "Accept": "text/html"})).text()
    assert "two trainings gave the same metrics" in page


async def test_stars_are_given_once_and_taken_back(shop: Site) -> None:
    eva = await joined(shop, "eva", roles=["user"])
    for starred, number in ((True, 1), (True, 1), (False, 0), (True, 1)):
        answer = await shop.stranger.post("/modules/toy/star", json={"starred": starred}, headers=eva)
        assert await answer.json() == {"starred": starred, "stars": number}
    assert (await market(shop, eva))["toy"]["stars"] == 1
    missing = await shop.stranger.post("/modules/gone/star", json={"starred": True}, headers=eva)
    assert missing.status == 404


async def trained(world: World, owner: str, module: str, **row: Any) -> None:
    """Record a training that has ended."""
    values: dict[str, Any] = {
        "id": f"{owner}-{module}-{clock.now()}-{len(world.platforms)}-{id(row)}",
        "owner": owner, "module": module, "module_version": "1.0.0", "action": "train", "image": "",
        "phase": "COMPLETED", "desired_state": "run", "parameters": {}, "node": "any", "resources": {},
        "input": {"sha256": "a" * 64}, "created": clock.now(), "ended": clock.now(), "dataset": "stars",
    }  # fmt: skip
    async with world.platforms[0].database.write() as connection:
        await connection.execute(insert(jobs).values(**{**values, **row}))


async def public_dataset(world: World) -> None:
    row = {
        "id": "stars", "name": "Stars", "owner": "eva", "visibility": "public", "created": clock.now(),
        "state": "ready", "kind": "spectra", "count": 9, "formats": {}, "classes": {}, "sha256": "a" * 64,
    }  # fmt: skip
    async with world.platforms[0].database.write() as connection:
        await connection.execute(insert(datasets).values(**row))


async def test_use_is_counted_without_those_who_do_not_want_it(shop: Site) -> None:
    eva, uma = [await joined(shop, name, roles=["user"]) for name in ("eva", "uma")]
    for owner in ("eva", "eva", "uma"):
        await trained(shop.world, owner, "toy")
    use = (await market(shop, eva))["toy"]["use"]
    assert use == {"jobs": 3, "deployments": 0, "predictions": 0, "people": 2}
    answer = await shop.stranger.post("/settings/popularity", json={"counted": False}, headers=uma)
    assert await answer.json() == {"counted": False}
    assert (await market(shop, eva))["toy"]["use"]["people"] == 1
    page = await (await shop.stranger.get("/settings", headers={**uma, "Accept": "text/html"})).text()
    assert '<input type="checkbox" name="counted">' in page


async def test_a_leaderboard_has_what_ran_on_the_whole_public_dataset(shop: Site) -> None:
    world = shop.world
    await public_dataset(world)
    await trained(world, "eva", "toy", metrics={"balanced_accuracy": 0.7, "accuracy": 0.99})
    await trained(world, "eva", "toy", metrics={"balanced_accuracy": 0.9})
    await trained(world, "eva", "rdf", metrics={"balanced_accuracy": 0.95})
    await trained(world, "eva", "cnn", metrics={"balanced_accuracy": float("nan")})
    await trained(world, "eva", "part", metrics={"balanced_accuracy": 1.0}, input={"sha256": "b" * 64})
    await trained(world, "eva", "failed", metrics={"balanced_accuracy": 1.0}, phase="ERROR")
    await trained(world, "eva", "slow", metrics={"rmse": 2.0})
    await trained(world, "eva", "slow", metrics={"rmse": 3.0})
    found = await leaderboards(shop.platform.database)
    told = {one.metric: [(score.rank, score.module, score.value) for score in one.scores] for one in found}
    assert told == {
        "balanced_accuracy": [(1, "rdf", 0.95), (2, "toy", 0.9)],
        "rmse": [(1, "slow", 2.0)],
    }
    await shop.platform.figures.refresh()
    page = await shop.stranger.get("/leaderboards", headers={**shop.json, "Accept": "text/html"})
    assert "0.95" in await page.text()
    toy = await shop.stranger.get("/modules/toy", headers={**shop.json, "Accept": "text/html"})
    assert "2 of 2" in await toy.text()
    async with shop.platform.database.write() as connection:
        await connection.execute(update(datasets).values(visibility="private"))
    assert await leaderboards(shop.platform.database) == []


async def test_the_market_is_sorted_by_quality_use_and_date(shop: Site, written: Path) -> None:
    eva = await joined(shop, "eva", roles=["publisher"])
    await published(shop, packed(written), eva)
    await public_dataset(shop.world)
    await trained(shop.world, "eva", "toy", metrics={"balanced_accuracy": 0.7})
    assert next(iter(await market(shop, eva, sort="use"))) == "toy"
    assert next(iter(await market(shop, eva, sort="quality"))) == "toy"
    assert next(iter(await market(shop, eva, sort="date"))) == "eva/wiggles"
    offers = shop.platform.offers
    await offers.set_module("eva/wiggles", {"featured": True}, OWNER)
    assert next(iter(await market(shop, eva))) == "eva/wiggles"
    wrong = await shop.stranger.get("/", headers=eva, params={"sort": "size"})
    assert wrong.status == 422


@pytest.mark.parametrize("address", [ADDRESS, f"{ADDRESS}/versions"])
async def test_only_who_may_change_a_module_has_the_buttons(shop: Site, written: Path, address: str) -> None:
    eva = await joined(shop, "eva", roles=["publisher"])
    uma = await joined(shop, "uma", roles=["user"])
    await published(shop, packed(written), eva)
    forms = []
    for person in (eva, uma):
        page = await shop.stranger.get(address, headers={**person, "Accept": "text/html"})
        forms.append(f'data-offer="{ADDRESS}' in await page.text())
    assert forms == [True, False]
