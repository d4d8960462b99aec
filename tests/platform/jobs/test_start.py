"""A training that starts from a model: what is checked, what is mounted, and what is recorded."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid
from dashboard.jobs.job import Phase
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.world import DESCRIPTION, Container, World, add_dataset, run_on, settle, submit

RECIPE = {"schema": 1, "steps": [{"step": "resample", "minimum": 6500.0, "maximum": 6600.0, "points": 5}]}
OTHER = {"schema": 1, "steps": [{"step": "resample", "minimum": 6500.0, "maximum": 6600.0, "points": 7}]}
CARD = {
    "schema": 1,
    "classes": ["A", "B"],
    "recipe": RECIPE,
    "parameters": {"epochs": 20, "rate": 0.25},
    "metrics": {},
}


def leave_a_model(spec: LaunchSpec) -> Script:
    container = Container.of(spec)
    container.begin()
    container.write("model/model.json", CARD)
    container.exit()
    return Script(exit_code=0)


@pytest.fixture
async def started(world: World, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """Return a platform whose module can start from a model; the rate must then be the model's."""
    monkeypatch.setitem(DESCRIPTION, "start", {"kept": ["rate"]})
    world.behave = leave_a_model
    return await world.platform()


async def model_of(platform: Platform) -> str:
    """Train; return the id of the model."""
    job = await settle(platform, await submit(platform, recipe=RECIPE))
    model = await platform.models.of_job(job.id)
    assert model
    return model.id


async def start_error(platform: Platform, model: str, **request: Any) -> str:
    dataset = request.pop("dataset", "") or await add_dataset(platform)
    checked = await platform.check.check(JobRequest("toy", dataset, start=model, **request))
    return " ".join(error.message for error in checked.errors if error.field == "start")


async def test_the_model_is_mounted_read_only_and_named_in_the_job(world: World, started: Platform) -> None:
    model = await model_of(started)
    job = await submit(started, start=model)
    assert (job.action, job.start, job.predicts) == ("train", model, None)
    # What must agree, and the recipe, are the model's where the request does not say.
    assert (job.parameters, job.recipe) == ({"epochs": 10, "rate": 0.25}, RECIPE)
    assert (await settle(started, job)).phase is Phase.COMPLETED
    mounts = {mount.target: mount for mount in world.node.started[-1].mounts}
    assert mounts["/job/in/start"].source == started.models.folder(model)
    assert mounts["/job/in/start"].read_only
    assert "/job/in/model" not in mounts
    document = json.loads((mounts["/job"].source / "job.json").read_text())
    assert document["start"] == {"path": "in/start", "model": model}
    assert document["model"] is None
    told = job.to_json()
    assert (told["start"], told["model"]) == (model, None)
    assert await started.jobs.predictions(model, 10, OWNER) == []


async def test_a_training_is_repeated_from_the_same_model_or_from_none(started: Platform) -> None:
    model = await model_of(started)
    job = await settle(started, await submit(started, start=model))
    assert (await started.again(job.id, {}, OWNER)).start == model
    assert (await started.again(job.id, {"start": ""}, OWNER)).start is None


async def test_a_module_that_cannot_start_from_a_model_says_so(
    started: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = await model_of(started)
    cannot = {**DESCRIPTION, "start": None}

    async def description(_name: str) -> dict[str, Any]:
        return cannot

    monkeypatch.setattr(started.modules.descriptions, "of", description)
    assert await start_error(started, model) == "This module cannot start from a model: choose none."


async def test_what_differs_is_named_before_the_run(started: Platform) -> None:
    model = await model_of(started)
    assert await start_error(started, model) == ""
    told = await start_error(started, model, parameters={"rate": 0.5}, recipe=OTHER)
    assert "trained with rate = 0.25, not 0.5." in told
    assert "step 1 (resample) has points = 7, the model's has 5." in told
    other = await add_dataset(started, classes={"A": 1, "C": 3}, count=4)
    told = await start_error(started, model, dataset=other)
    assert "the dataset has C, which the model does not know" in told
    assert "the model knows B, of which the dataset has none" in told
    assert await start_error(started, model, dataset=other, excluded=["C"]) != ""
    with pytest.raises(Invalid, match="which the model does not know"):
        await submit(started, other, start=model)


async def test_a_model_of_another_module_or_none_is_rejected(started: Platform) -> None:
    model = await model_of(started)
    found = await started.models.get(model)

    async def other(*_arguments: Any, **_more: Any) -> Any:
        return replace(found, module="som")

    original, started.models.get = started.models.get, other  # type: ignore[method-assign]
    assert await start_error(started, model) == "The model was made by the module som, not by toy."
    started.models.get = original  # type: ignore[method-assign]
    assert "There is no model none" in await start_error(started, "none")
    with pytest.raises(Invalid, match="There is no model none"):
        await submit(started, start="none")


async def test_a_model_that_a_running_job_starts_from_is_not_deleted(world: World, started: Platform) -> None:
    model = await model_of(started)
    world.behave = run_on
    job = await submit(started, start=model)
    await started.supervisor.reconcile()
    with pytest.raises(Conflict, match=job.id):
        await started.models.delete(model, OWNER)
