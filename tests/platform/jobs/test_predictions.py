"""A model asked about a whole dataset: as a intent, as a job, and what it leaves."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.base.resources import Resources
from dashboard.jobs.job import Job, Phase
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.fake import Script
from spectra import Batch, FeatureSetWriter, Recipe, Source
from tests.platform.world import (
    DESCRIPTION,
    Container,
    World,
    add_dataset,
    run_on,
    settle,
    submit,
    succeed,
)

RECIPE = {"schema": 1, "steps": [{"step": "resample", "minimum": 6500.0, "maximum": 6600.0, "points": 5}]}


async def model_of(platform: Platform) -> str:
    """Train; return the id of the model."""
    job = await settle(platform, await submit(platform))
    model = await platform.models.of_job(job.id)
    assert model
    return model.id


async def ask(platform: Platform, model: str, dataset: str = "", **intent: Any) -> Job:
    dataset = dataset or await add_dataset(platform)
    return await platform.submit(JobRequest("", dataset, model=model, **intent), OWNER)


def predict(spec: LaunchSpec) -> Script:
    """Train, or leave predictions (and, wrongly, something like a model)."""
    container = Container.of(spec)
    if container.job["action"] == "train":
        return succeed(spec)
    container.begin()
    container.write("predictions.csv", "row,name,label\n0,A,A\n")
    container.write("summary.json", {"metrics": {"spectra_predicted": 2}})
    container.model()
    container.exit(reason="2 spectra are predicted.")
    return Script(exit_code=0)


async def test_a_prediction_is_a_job_with_the_model_mounted_read_only(
    world: World, platform: Platform
) -> None:
    model = await model_of(platform)
    world.behave = predict
    job = await ask(platform, model, label="new stars")
    assert (job.action, job.model, job.module, job.module_version) == ("predict", model, "toy", "1.2.3")
    done = await settle(platform, job)
    assert (done.phase, done.metrics) == (Phase.COMPLETED, {"spectra_predicted": 2.0})
    spec = world.node.started[-1]
    mounts = {mount.target: mount for mount in spec.mounts}
    assert mounts["/job/in/model"].source == platform.models.folder(model)
    assert mounts["/job/in/model"].read_only
    document = json.loads((mounts["/job"].source / "job.json").read_text())
    assert (document["action"], document["model"], document["parameters"]) == ("predict", model, {})
    assert "predictions.csv" in {file.path for file in await platform.jobs.artefacts(job.id)}


async def test_what_only_a_call_has_is_no_parameter_of_a_dataset(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = {"name": "probabilities", "type": "boolean", "default": True}
    spectra_too = {"name": "include_spectra", "type": "boolean", "default": False}
    file = {"name": "data", "type": "file", "required": True}
    monkeypatch.setitem(DESCRIPTION, "predict", [file, spectra_too, shares])
    platform = await world.platform()
    model = await model_of(platform)
    assert (await ask(platform, model)).parameters == {"probabilities": True}
    with pytest.raises(Invalid, match="There is no such parameter"):
        await ask(platform, model, parameters={"include_spectra": True})


async def test_no_model_comes_of_a_prediction(world: World, platform: Platform) -> None:
    model = await model_of(platform)
    world.behave = predict
    job = await settle(platform, await ask(platform, model))
    assert await platform.models.of_job(job.id) is None
    assert [one.id for one in (await platform.models.list(identity=OWNER)).items] == [model]


async def test_a_prediction_is_repeated_with_the_same_model(world: World, platform: Platform) -> None:
    model = await model_of(platform)
    world.behave = predict
    job = await settle(platform, await ask(platform, model, resources=Resources(memory_mb=700).to_json()))
    again = await platform.again(job.id, {"label": "once more"}, OWNER)
    assert (again.action, again.model, again.parent, again.dataset) == ("predict", model, job.id, job.dataset)
    assert again.resources.memory_mb == 700


async def test_what_is_wrong_is_told_by_field_before_there_is_a_job(platform: Platform) -> None:
    model = await model_of(platform)
    before = (await platform.jobs.list(identity=OWNER)).total
    with pytest.raises(Invalid) as rejected:
        await ask(platform, model, "nothing", node="moon", parameters={"x": 1}, resources={"cpus": 0})
    fields = {error.field for error in rejected.value.errors}
    assert fields == {"dataset", "node", "parameters.x", "resources.cpus"}
    with pytest.raises(NotFound, match="There is no model m-none"):
        await ask(platform, "m-none")
    assert (await platform.jobs.list(identity=OWNER)).total == before


async def test_a_dataset_without_classes_is_enough_to_ask(platform: Platform) -> None:
    job = await ask(platform, await model_of(platform), await add_dataset(platform, classes={}))
    assert job.phase is Phase.QUEUED


async def with_recipe(platform: Platform) -> str:
    """Return a model that resamples 6500 to 6600 Å."""
    model = await model_of(platform)
    Recipe.from_json(RECIPE).save(platform.models.folder(model) / "recipe")
    return model


async def spectra(platform: Platform, low: float, high: float) -> str:
    """Return a dataset of two spectra of that range."""
    dataset = await add_dataset(platform)
    for label in "AB":
        lines = [f"{wavelength},1.5" for wavelength in np.linspace(low, high, 50)]
        path = platform.settings.home / "data" / dataset / "files" / f"{label}.csv"
        path.write_text("\n".join(["wavelength,flux", *lines]) + "\n")
    return dataset


async def test_spectra_that_a_models_recipe_cannot_take_are_rejected_with_the_reason(
    platform: Platform,
) -> None:
    model = await with_recipe(platform)
    with pytest.raises(
        Invalid, match=r"none of 2 spectra that were tried fits the model's recipe; A: .*6500"
    ):
        await ask(platform, model, await spectra(platform, 4000, 5000))
    assert (await ask(platform, model, await spectra(platform, 6400, 6700))).phase is Phase.QUEUED


async def features(platform: Platform, recipe: Recipe) -> str:
    """Return a dataset that is a feature set."""
    dataset = await add_dataset(platform, kind="features")
    path: Path = platform.settings.home / "data" / dataset / "files" / "A.csv"
    grid = np.linspace(6500.0, 6600.0, 5)
    batch = Batch(np.ones((1, 5), np.float32), grid, ["s"], [None], [None], [Source("s.fits")])
    with FeatureSetWriter(path, wavelength=grid, recipe=recipe) as writer:
        writer.write(batch)
    return dataset


async def test_a_feature_set_must_have_been_prepared_as_the_model_needs_it(platform: Platform) -> None:
    model = await with_recipe(platform)
    other = Recipe.from_json({"schema": 1, "steps": [*RECIPE["steps"], {"step": "scale"}]})  # type: ignore[misc]
    with pytest.raises(Invalid, match="prepared by another recipe"):
        await ask(platform, model, await features(platform, other))
    job = await ask(platform, model, await features(platform, Recipe.from_json(RECIPE)))
    assert job.input["kind"] == "features"


async def test_a_model_is_not_deleted_while_it_is_asked_and_a_job_without_it_says_so(
    world: World, platform: Platform
) -> None:
    model = await model_of(platform)
    world.behave = run_on
    job = await ask(platform, model)
    with pytest.raises(Conflict, match=job.id):
        await platform.models.delete(model, OWNER)
    (platform.models.folder(model)).rename(platform.settings.home / "gone")
    failed = await settle(platform, job)
    assert (failed.phase, f"the model {model} was deleted" in failed.reason) == (Phase.ERROR, True)
