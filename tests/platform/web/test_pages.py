"""Every page is also an answer of the API, and says what is wrong where it is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.platform.web.conftest import Site
from tests.platform.world import DESCRIPTION, add_dataset, settle, submit

PAGES = [
    "/",
    "/?q=toy",
    "/?q=nothing",
    "/modules/toy",
    "/modules/toy/train",
    "/data",
    "/jobs",
    "/models",
    "/deployments",
    "/jobs?owner=me&sort=-ended&q=toy&phase=ERROR,ABORTED",
    "/nodes",
    "/nodes/local",
    "/nodes/new",
    "/settings",
]


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_is_html_for_browsers_and_json_for_programs(site: Site, path: str) -> None:
    page = await site.stranger.get(path, headers=site.browser)
    answer = await site.stranger.get(path, headers=site.json)
    assert (page.status, page.content_type) == (200, "text/html"), await page.text()
    assert (answer.status, answer.content_type) == (200, "application/json")
    assert "Accept" in page.headers["Vary"]
    assert await answer.json()


async def test_a_finished_job_shows_its_parameters_files_and_history(site: Site) -> None:
    job = await settle(
        site.platform, await submit(site.platform, parameters={"epochs": 20}, label="long run")
    )
    page = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.browser)).text()
    found = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.json)).json()
    assert "long run" in page
    assert found["job"]["phase"] == "COMPLETED"
    assert found["parameters"][0] == {
        "name": "epochs",
        "value": 20,
        "default": 10,
        "parent": None,
        "changed": True,
        "differs": False,
    }
    assert {file["path"] for file in found["artefacts"]} >= {"log.txt", "model/model.json"}
    assert found["events"][0]["kind"] == "created"
    assert found["model"]["job"] == job.id


async def test_a_run_with_changes_shows_what_differs_from_its_parent(site: Site) -> None:
    first = await settle(site.platform, await submit(site.platform))
    answer = await site.stranger.post(
        f"/jobs/{first.id}/again", json={"parameters": {"rate": 0.1}}, headers=site.json
    )
    new = (await answer.json())["job"]
    found = await (await site.stranger.get(f"/jobs/{new['id']}", headers=site.json)).json()
    assert answer.status == 201
    assert answer.headers["Location"] == f"/jobs/{new['id']}"
    assert [row["name"] for row in found["parameters"] if row["differs"]] == ["rate"]


async def test_a_bad_parameter_is_named_by_its_field(site: Site) -> None:
    intent = {"module": "toy", "dataset": await add_dataset(site.platform), "parameters": {"epochs": 9999}}
    answer = await site.stranger.post("/jobs", json=intent, headers=site.json)
    problem = await answer.json()
    assert answer.status == 422
    assert answer.content_type == "application/problem+json"
    assert [error["field"] for error in problem["errors"]] == ["parameters.epochs"]


async def test_checking_runs_nothing(site: Site) -> None:
    intent = {"dataset": await add_dataset(site.platform), "parameters": {}}
    found = await (await site.stranger.post("/modules/toy/check", json=intent, headers=site.json)).json()
    assert found["errors"] == []
    assert found["classes"] == {"A": 1, "B": 1}
    assert (await (await site.stranger.get("/jobs", headers=site.json)).json())["total"] == 0


async def test_the_log_comes_in_pieces_and_as_text(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    piece = await (await site.stranger.get(f"/jobs/{job.id}/log?from=2", headers=site.json)).json()
    whole = await site.stranger.get(f"/jobs/{job.id}/log?format=text", headers=site.browser)
    assert piece == {"text": "ained\n", "start": 2, "end": 8, "size": 8}
    assert await whole.text() == "trained\n"
    assert whole.content_type == "text/plain"


async def test_a_job_that_has_not_begun_has_an_empty_log(site: Site) -> None:
    job = await submit(site.platform)
    found = await (await site.stranger.get(f"/jobs/{job.id}/log", headers=site.json)).json()
    assert found["size"] == 0


async def test_files_of_a_job_are_downloads_and_nothing_else(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    answer = await site.stranger.get(f"/jobs/{job.id}/artefacts/model/model.json", headers=site.browser)
    outside = await site.stranger.get(f"/jobs/{job.id}/artefacts/..%2F..%2Fjob.json", headers=site.json)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.content_type == "application/octet-stream"
    assert json.loads(await answer.read())["classes"] == ["A", "B"]
    assert outside.status == 404


async def test_deleting_answers_with_nothing_and_the_job_is_gone(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    assert (await site.stranger.delete(f"/jobs/{job.id}", headers=site.json)).status == 204
    assert (await site.stranger.get(f"/jobs/{job.id}", headers=site.json)).status == 404


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        ("/nowhere", 404, "Nothing is at /nowhere"),
        ("/jobs/none", 404, "There is no job none"),
        ("/modules/toi", 404, "Did you mean toy?"),
        ("/jobs?phase=DONE", 422, "a phase must be among"),
        ("/jobs?page=0", 422, "must be a whole number from 1"),
        ("/?wavelength=red", 422, "is not a range of wavelengths"),
        ("/live", 422, "name 1 to"),
    ],
)
async def test_errors_say_what_and_what_to_do(site: Site, path: str, status: int, says: str) -> None:
    page = await site.stranger.get(path, headers=site.browser)
    problem: dict[str, Any] = await (await site.stranger.get(path, headers=site.json)).json()
    assert page.status == status
    assert says in problem["detail"]
    assert len(problem["id"]) == 16


async def test_a_body_that_is_no_json_is_rejected(site: Site) -> None:
    answer = await site.stranger.post(
        "/jobs", data="{", headers={**site.json, "Content-Type": "application/json"}
    )
    assert answer.status == 422
    assert "no JSON" in (await answer.json())["detail"]


async def test_what_a_person_writes_never_becomes_markup(site: Site) -> None:
    job = await submit(site.platform, label="<img src=x onerror=alert(1)>", note="</script><b>")
    page = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.browser)).text()
    form = await (await site.stranger.get(f"/modules/toy/train?from={job.id}", headers=site.browser)).text()
    assert "<img src=x" not in page + form
    assert "</script><b>" not in page + form


async def test_the_form_takes_changed_parameters_from_the_address(site: Site) -> None:
    job = await submit(site.platform, label="first")
    asked = urlencode({"from": job.id, "parameters": '{"steps": 7}'})
    found = await (await site.stranger.get(f"/modules/toy/train?{asked}", headers=site.json)).json()
    assert found["job_request"]["parameters"]["steps"] == 7
    for wrong, says in (("{", "no JSON"), ("[1]", "no JSON object")):
        asked = urlencode({"from": job.id, "parameters": wrong})
        answer = await site.stranger.get(f"/modules/toy/train?{asked}", headers=site.json)
        assert answer.status in {400, 422}
        assert says in (await answer.json())["detail"]


async def test_a_preset_of_the_module_fills_the_form_and_an_unknown_one_is_told(site: Site) -> None:
    page = await (await site.stranger.get("/modules/toy", headers=site.browser)).text()
    assert "Stars of many kinds" in page
    assert "/modules/toy/train?preset=stars" in page
    asked = "/modules/toy/train?preset=stars&format=json"
    filled = (await (await site.stranger.get(asked, headers=site.json)).json())["job_request"]
    assert filled["parameters"] == {"epochs": 77}
    assert filled["recipe"]["steps"] == [{"step": "scale", "method": "median"}]
    answer = await site.stranger.get("/modules/toy/train?preset=planets", headers=site.json)
    assert answer.status == 404
    assert "no preset 'planets'; there are: stars" in (await answer.json())["detail"]


async def test_the_theme_that_was_chosen_is_in_the_first_paint(site: Site) -> None:
    headers = {**site.browser, "Cookie": f"{site.browser['Cookie']}; theme=dark"}
    assert (
        '<html lang="en" data-theme="dark"'
        in await (await site.stranger.get("/jobs", headers=headers)).text()
    )


async def test_the_form_offers_the_models_that_a_training_can_start_from(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = await settle(site.platform, await submit(site.platform))
    model = await site.platform.models.of_job(job.id)
    assert model is not None
    page = await (await site.stranger.get("/modules/toy/train", headers=site.browser)).text()
    assert "This module cannot start from a model." in page
    assert (
        "Train further"
        not in await (await site.stranger.get(f"/models/{model.id}", headers=site.browser)).text()
    )
    market = await (await site.stranger.get("/modules/toy", headers=site.browser)).text()
    assert "<dt>Start from a model</dt><dd>not possible</dd>" in market
    described = site.platform.modules.descriptions.known("toy")
    can = replace(described, description={**(described.description or {}), "start": {"kept": ["rate"]}})
    monkeypatch.setattr(site.platform.modules.descriptions, "known", lambda _name: can)
    page = await (
        await site.stranger.get(f"/modules/toy/train?start={model.id}", headers=site.browser)
    ).text()
    assert f'<option value="{model.id}" selected>' in page
    assert "rate stay as they are in it" in page
    page = await (await site.stranger.get(f"/models/{model.id}", headers=site.browser)).text()
    assert f"/modules/toy/train?start={model.id}" in page


async def test_the_page_of_a_job_names_the_start_model(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    can = {**DESCRIPTION, "start": {"kept": []}}

    async def description(_name: str) -> dict[str, Any]:
        return can

    monkeypatch.setattr(site.platform.modules.descriptions, "of", description)
    first = await site.platform.models.of_job((await settle(site.platform, await submit(site.platform))).id)
    assert first is not None
    job = await submit(site.platform, start=first.id)
    page = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.browser)).text()
    assert "Started from" in page
    assert f'href="/models/{first.id}"' in page
    answer = await (await site.stranger.get(f"/jobs/{job.id}", headers=site.json)).json()
    assert answer["job"]["start"] == first.id
