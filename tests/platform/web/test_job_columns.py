"""Parameters and metrics as columns of the list of jobs."""

from __future__ import annotations

from dashboard.web.pages.jobs.columns import chosen_columns
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset, settle, submit

ASKED = [("columns", "parameters.epochs"), ("columns", "metrics.gone"), ("columns", "nothing.at all")]


async def test_the_list_shows_the_columns_that_the_address_names(site: Site) -> None:
    platform = site.platform
    dataset = await add_dataset(platform)
    await settle(platform, await submit(platform, dataset, parameters={"epochs": 7}))
    answer = await site.stranger.get("/jobs", params=ASKED, headers=site.json)
    told = await answer.json()
    assert [one["key"] for one in told["columns"]] == ["parameters.epochs", "metrics.gone"]
    assert [job["cells"] for job in told["jobs"]] == [[7, None]]
    assert "epochs" in told["offered"]["parameters"]
    assert "gone" in told["offered"]["metrics"], "what a saved view names can be taken out again"
    page = await (await site.stranger.get("/jobs", params=ASKED, headers=site.browser)).text()
    assert 'data-title="epochs">7</td>' in page


def test_a_column_is_shown_once_and_names_may_hold_dots() -> None:
    found = chosen_columns(["metrics.f1:a.b", "metrics.f1:a.b", "metrics.", "metrics"])
    assert found == [{"key": "metrics.f1:a.b", "kind": "metrics", "name": "f1:a.b"}]
