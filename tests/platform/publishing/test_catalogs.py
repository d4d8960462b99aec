"""Catalogs for machines: one platform follows another's, and both speak MLDCAT-AP."""

from __future__ import annotations

import copy
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rdflib
from aiohttp import web
from aiohttp.test_utils import TestServer

from dashboard.modules.subscription import Subscriptions, origin_of, versions_of
from dashboard.publishing.rights import namespace_of
from dashboard.settings import ModulesSettings, Settings
from dashboard.settings.reading import SettingsError
from dashboard.settings.subscription import Subscription
from launchers import ImageMissing
from tests.platform.publishing.publishing_site import FakeBuilder, packed, published
from tests.platform.publishing.test_publishing import at_version, changed, offered
from tests.platform.web.conftest import Site, open_site

LOOPBACK = ("127.0.0.0/8",)
HERE = "brno--owner/wiggles"


class Registry(FakeBuilder):
    """Whose images have digests of the right length."""

    async def push(self, image: Any, module: str, version: str) -> str:
        return f"registry.org/{module}@{image.id}"


@pytest.fixture
async def other(tmp_path: Path, written: Path) -> AsyncIterator[Site]:
    """Another platform, with two versions of a module."""
    async with open_site(tmp_path / "other" / "site") as site:
        site.platform.publisher._builder = Registry()
        for version in ("0.1.0", "0.2.0"):
            folder = written if version == "0.1.0" else at_version(written, version)
            assert (await published(site, packed(folder)))["state"] == "published"
        yield site


@pytest.fixture
async def site(tmp_path: Path) -> AsyncIterator[Site]:
    async with open_site(tmp_path / "own" / "site") as site:
        yield site


async def catalog_of(site: Site) -> dict[str, Any]:
    return dict(await (await site.stranger.get("/catalog.json", headers=site.json)).json())


def follower(site: Site, address: str, key: str) -> tuple[Subscriptions, Subscription]:
    """Let a platform follow a catalog, as its settings would."""
    followed = Subscription.parse(f"brno={address}#{key}")
    site.platform.published._keys = {followed.name: followed.key}
    store, refresh = site.platform.published.store, site.platform.modules.refresh
    return Subscriptions(store, [followed], LOOPBACK, 3600, refresh), followed


async def test_the_modules_of_a_catalog_are_offered_with_their_signature(site: Site, other: Site) -> None:
    key = (await catalog_of(other))["key"]

    async def passed_on(_request: web.Request) -> web.Response:
        return web.json_response(await catalog_of(other))

    application = web.Application()
    application.router.add_get("/catalog.json", passed_on)
    async with TestServer(application) as server:
        subscriptions, followed = follower(site, str(server.make_url("/catalog.json")), key)
        await subscriptions.follow(followed)
        assert (await offered(site))[HERE] == "0.2.0"
        launcher = site.platform.nodes.launcher("local")
        modules = site.platform.modules
        modules.images._settings = replace(modules.images._settings, require_signed=True)
        assert await modules.images.fetch(HERE, "0.1.0", launcher)
        assert modules.images.name(HERE, "0.1.0").startswith("registry.org/owner/wiggles@sha256:")
        page = await site.stranger.get("/modules/brno--owner%2Fwiggles", headers=site.browser)
        assert "signed" in await page.text()
        assert HERE not in str(await catalog_of(site))  # passed on by who signed it alone
        await changed(other, "0.2.0", "yanked")
        await subscriptions.follow(followed)
        assert (await offered(site))[HERE] == "0.1.0"
        await changed(other, "0.2.0", "published")
        await subscriptions.follow(followed)
        assert (await offered(site))[HERE] == "0.2.0"
        site.platform.published._keys = {}
        with pytest.raises(ImageMissing, match="no valid signature"):
            await modules.images.fetch(HERE, "0.1.0", launcher)


async def test_what_another_key_signed_or_was_changed_is_left_out(other: Site) -> None:
    document = await catalog_of(other)
    good = Subscription("brno", "http://x/catalog.json", document["key"])
    assert len(list(versions_of(document, good))) == 2
    assert list(versions_of(document, replace(good, key="A" * 43 + "="))) == []
    entry = document["modules"][0]
    changes: list[dict[str, Any]] = [
        {"image": entry["image"][:-1] + ("0" if entry["image"][-1] != "0" else "1")},
        {"image": "registry.org/owner/wiggles:latest"},
        {"version": "9.9.9"},
        {"name": "../x"},
        {"document": {**entry["document"], "title": "Other"}},
        {"document": None},
        {"signature": ""},
    ]
    for change in changes:
        tampered = {**document, "modules": [{**copy.deepcopy(entry), **change}]}
        assert list(versions_of(tampered, good)) == [], change
    for strange in ([], {}, {"modules": 3}, {"modules": [1, None, []]}, None):
        assert list(versions_of(strange, good)) == []


@pytest.mark.parametrize(
    "text", ["", "brno", "brno=http://x", "Brno=http://x#" + "A" * 43 + "=", "b=ftp://x#k"]
)
def test_a_subscription_that_is_none_is_said(text: str) -> None:
    with pytest.raises(SettingsError, match=r"modules\.catalogs: .* is no NAME=ADDRESS#KEY"):
        Settings(modules=ModulesSettings(catalogs=(text,)))


def test_no_namespace_of_a_person_is_that_of_a_catalog() -> None:
    assert origin_of(f"{namespace_of('brno--eva')}/wiggles") == ("", "")
    assert origin_of("brno--eva/wiggles") == ("brno", "eva/wiggles")


async def test_the_market_speaks_mldcat_ap(other: Site) -> None:
    answer = await other.stranger.get("/catalog.ttl", headers=other.json)
    assert answer.content_type == "text/turtle"
    graph = rdflib.Graph().parse(data=await answer.text(), format="turtle")
    it6, dct = (rdflib.Namespace(f"http://{name}/") for name in ("data.europa.eu/it6", "purl.org/dc/terms"))
    models = set(graph.subjects(rdflib.RDF.type, it6.MachineLearningModel))
    assert len(models) == 2
    titles = {str(graph.value(model, dct.title)) for model in models}
    assert titles == {"Toy", "Wiggles"}
    one = await other.stranger.get("/modules/owner%2Fwiggles/metadata.ttl", headers=other.json)
    alone = rdflib.Graph().parse(data=await one.text(), format="turtle")
    [model] = alone.subjects(rdflib.RDF.type, it6.MachineLearningModel)
    assert str(model).endswith("/modules/owner%2Fwiggles")
    assert set(alone) <= set(graph)
    linked = await other.stranger.get("/modules/toy/metadata.jsonld", headers=other.json)
    assert (await linked.json(content_type="application/ld+json"))["type"] == "MachineLearningModel"
