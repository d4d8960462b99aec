"""A filled training form as a batch script, over HTTP."""

from __future__ import annotations

from tests.platform.web.conftest import Site
from tests.platform.world import add_dataset


async def test_a_script_holds_what_the_form_says(site: Site) -> None:
    dataset = await add_dataset(site.platform, name="stars of mine")
    body = {"dataset": dataset, "parameters": {"epochs": 7}, "resources": {"cpus": 3}}
    answer = await site.stranger.post("/modules/toy/script?engine=apptainer", json=body, headers=site.json)
    assert answer.status == 200
    made = await answer.json()
    assert made["engine"] == "apptainer"
    for part in ('"epochs": 7', "#SBATCH --cpus-per-task=3", "toy.sif", "the files of stars of mine"):
        assert part in made["script"]


async def test_what_is_wrong_is_said_by_field_and_an_absent_dataset_is_not_wrong(site: Site) -> None:
    body = {"parameters": {"epochs": "many"}, "resources": {"cpus": -1}}
    answer = await site.stranger.post("/modules/toy/script", json=body, headers=site.json)
    assert answer.status == 422
    fields = {error["field"] for error in (await answer.json())["errors"]}
    assert fields == {"parameters.epochs", "resources.cpus"}
    answer = await site.stranger.post("/modules/toy/script?engine=podman", json={}, headers=site.json)
    assert answer.status == 422
    answer = await site.stranger.post("/modules/toy/script", json={}, headers=site.json)
    assert answer.status == 200
