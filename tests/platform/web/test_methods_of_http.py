"""Over the whole route table of the platform: HEAD answers wherever GET does, and 405 says what is taken."""

from __future__ import annotations

from dashboard.web.app.application import create_application
from tests.methods_of_http import assert_405_is_true, assert_head_is_get
from tests.platform.web.conftest import Site
from tests.platform.world import settle, submit

JSON = {"Accept": "application/json"}
EXISTING = {
    "/data/{dataset}",
    "/jobs/{job}",
    "/jobs/{job}/log",
    "/models/{model}",
    "/deployments/{deployment}",
    "/deployments/{deployment}/predictions",
    "/predict/{deployment}",
}


async def test_a_method_that_is_not_taken_names_those_that_are(site: Site) -> None:
    await assert_405_is_true(site.stranger, create_application(site.platform), {}, JSON)


async def test_head_answers_as_get_does(site: Site) -> None:
    job = await settle(site.platform, await submit(site.platform))
    wanted = {"name": "open", "job": job.id, "access": "public"}
    assert (await site.stranger.post("/deployments", headers=site.json, json=wanted)).status == 201
    model = (await (await site.stranger.get("/models", headers=site.json)).json())["models"][0]["id"]
    await site.stranger.post("/deployments/open/disable", headers=site.json)  # no replica is waited for
    values = {
        "job": job.id,
        "dataset": job.dataset,
        "deployment": "open",
        "module": job.module,
        "model": model,
    }
    values |= {"node": "local", "tail": "", "view": "none"}
    application = create_application(site.platform)
    for headers in (site.json, site.browser):
        good = await assert_head_is_get(site.stranger, application, values, headers)
        assert good >= EXISTING, EXISTING - good
