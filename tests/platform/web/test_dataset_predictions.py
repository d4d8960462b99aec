"""A model asked about a dataset, through HTTP: from its page, the dataset's and the deployment's."""

from __future__ import annotations

from typing import Any

from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.jobs.test_predictions import predict
from tests.platform.web.conftest import Site
from tests.platform.web.test_deployments import ask, deployed
from tests.platform.world import Container, add_dataset, settle, submit


async def trained(site: Site) -> str:
    """Train a model; return its id."""
    job = await settle(site.platform, await submit(site.platform))
    found = await site.platform.models.of_job(job.id)
    assert found
    return found.id


def with_files(spec: LaunchSpec) -> Script:
    """Leave what a prediction leaves."""
    script = predict(spec)
    container = Container.of(spec)
    for name in ("predictions.parquet", "predictions.vot", "rejected.csv"):
        container.write(name, "x")
    bars = {"x_title": "class", "names": ["A", "B"], "edges": [0, 1, 2], "counts": [1, 1]}
    view = {"id": "predicted", "kind": "histogram", "title": "Predicted classes", "data": bars}
    container.write("report/report.json", {"schema": 1, "views": [view]})
    return script


async def page_of(site: Site, path: str) -> str:
    answer = await site.stranger.get(path, headers=site.browser)
    assert answer.status == 200
    return await answer.text()


async def predicted(site: Site, model: str, **intent: Any) -> dict[str, Any]:
    intent.setdefault("dataset", await add_dataset(site.platform))
    made = (await ask(site, "POST", f"/models/{model}/predictions", 201, **intent))["job"]
    await settle(site.platform, await site.platform.jobs.get(made["id"]))
    return dict(made)


async def test_a_prediction_is_made_with_its_address(site: Site) -> None:
    model = await trained(site)
    dataset = await add_dataset(site.platform)
    answer = await site.stranger.post(
        f"/models/{model}/predictions", headers=site.json, json={"dataset": dataset, "resources": {"cpus": 2}}
    )
    job = (await answer.json())["job"]
    assert (answer.status, answer.headers["Location"]) == (201, f"/jobs/{job['id']}")
    assert (job["action"], job["model"], job["resources"]["cpus"]) == ("predict", model, 2)


async def test_errors_stand_by_field_and_unknown_keys_are_rejected(site: Site) -> None:
    model = await trained(site)
    problem = await ask(site, "POST", f"/models/{model}/predictions", 422, dataset="none", node="moon")
    assert {error["field"] for error in problem["errors"]} == {"dataset", "node"}
    problem = await ask(site, "POST", f"/models/{model}/predictions", 422, module="rdf")
    assert problem["errors"][0]["field"] == "module"
    await ask(site, "POST", "/models/m-none/predictions", 404, dataset="x")


async def test_the_jobs_page_speaks_of_predictions_not_of_training(site: Site) -> None:
    site.world.behave = with_files
    model = await trained(site)
    job = await predicted(site, model)
    page = await page_of(site, f"/jobs/{job['id']}")
    assert "Predictions of two stars" in page
    assert "<dt>Model</dt>" in page
    for title in ("Parquet", "CSV", "VOTable", "Rejected spectra"):
        assert title in page
    assert "deploy-dialog" not in page
    assert "Run with changes" not in page
    assert "does not measure its quality" in page  # the same hash as the training set's
    assert ">prediction<" in await page_of(site, "/jobs")
    views = await ask(site, "GET", f"/jobs/{job['id']}/views/predicted")
    assert views["view"]["data"]["names"] == ["A", "B"]


async def test_the_pages_of_model_dataset_and_deployment_offer_it(site: Site) -> None:
    site.world.behave = with_files
    dataset = await add_dataset(site.platform)
    await deployed(site)
    [model] = (await ask(site, "GET", "/models"))["models"]
    job = await predicted(site, model["id"], label="of tonight")
    page = await page_of(site, f"/models/{model['id']}")
    assert f'name="model" value="{model["id"]}"' in page
    assert "of tonight" in page
    page = await page_of(site, f"/data/{dataset}")
    assert f'name="dataset" value="{dataset}"' in page
    assert f'<option value="{model["id"]}"' in page
    page = await page_of(site, "/deployments/toy")
    assert f'name="model" value="{model["id"]}"' in page
    assert "Asynchronous" in page
    assert "/deployments/toy/predictions" in page
    assert job["id"]


async def test_a_dataset_without_any_model_to_ask_offers_none(site: Site) -> None:
    page = await page_of(site, f"/data/{await add_dataset(site.platform)}")
    assert "predict-dialog" not in page
