"""Several trainings at once, over HTTP."""

from __future__ import annotations

from typing import Any

from dashboard.auth.identity import OWNER
from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset


async def post(site: Site, **more: Any) -> tuple[int, dict[str, Any]]:
    answer = await site.stranger.post("/sweeps", json={"module": "toy", **more}, headers=site.json)
    return answer.status, await answer.json()


async def test_a_job_runs_for_each_combination_and_they_are_compared(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    status, made = await post(site, dataset=dataset, label="mine", values={"epochs": [3, 5]})
    assert status == 201
    assert [job["parameters"]["epochs"] for job in made["jobs"]] == [3, 5]
    assert [job["label"] for job in made["jobs"]] == ["mine: epochs 3", "mine: epochs 5"]
    assert made["left"] == 0
    assert (await site.stranger.get(made["compare"], headers=site.json)).status == 200


async def test_nothing_runs_where_one_of_them_cannot(site: Site) -> None:
    dataset = await add_dataset(site.platform)
    status, told = await post(site, dataset=dataset, values={"epochs": [3, "many"]})
    assert status == 422
    assert [error["field"] for error in told["errors"]] == ["parameters.epochs"]
    status, told = await post(site, dataset=dataset, values={"epochs": 3})
    assert (status, told["errors"][0]["field"]) == (422, "values")
    assert (await site.platform.jobs.list(identity=OWNER)).total == 0
