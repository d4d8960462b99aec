"""The card of a model over HTTP: read by those who see the model, written by its owner."""

from __future__ import annotations

from dashboard.auth.identity import OWNER
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset, settle, submit


async def made(site: Site, name: str) -> str:
    platform = site.platform
    job = await settle(platform, await submit(platform, await add_dataset(platform, name=name), label=name))
    model = await platform.models.of_job(job.id)
    assert model is not None
    return model.id


async def test_a_card_is_written_read_and_shown(site: Site) -> None:
    model = await made(site, "one")
    body = {"description": "**Mine**", "doi": "10.5281/zenodo.1", "aliases": ["production", "production"]}
    answer = await site.stranger.post(f"/models/{model}/card", json=body, headers=site.json)
    assert answer.status == 200
    assert (await answer.json())["aliases"] == ["production"]
    answer = await site.stranger.get(f"/models/{model}/card", headers=site.json)
    card = await answer.json()
    assert (card["description"], card["doi"]) == ("**Mine**", "10.5281/zenodo.1")
    assert card["bibtex"].startswith("@misc{huggins-")
    answer = await site.stranger.get(f"/models/{model}/card.md", headers=site.json)
    assert answer.content_type == "text/markdown"
    assert "**Mine**" in await answer.text()
    page = await (await site.stranger.get(f"/models/{model}", headers=site.browser)).text()
    assert "<strong>Mine</strong>" in page
    assert "10.5281/zenodo.1" in page


async def test_an_alias_moves_from_one_model_to_the_next(site: Site) -> None:
    first, second = await made(site, "one"), await made(site, "two")
    await site.platform.models.write_card(first, {}, ["production", "candidate"], OWNER)
    await site.platform.models.write_card(second, {}, ["production"], OWNER)
    names = [(await site.platform.models.get(model)).aliases for model in (first, second)]
    assert names == [["candidate"], ["production"]]


async def test_what_is_wrong_is_said_by_field(site: Site) -> None:
    model = await made(site, "one")
    body = {"doi": "zenodo 1", "aliases": ["Not Good"], "descripton": "x"}
    answer = await site.stranger.post(f"/models/{model}/card", json=body, headers=site.json)
    assert answer.status == 422
    fields = {error["field"] for error in (await answer.json())["errors"]}
    assert {"doi", "descripton"} <= fields
    assert any(field.startswith("aliases") for field in fields)
    assert (await site.platform.models.get(model)).prose == {}
