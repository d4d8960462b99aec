"""Whether a intent can be run, told by field, all at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, update

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Invalid
from dashboard.base.resources import Resources
from dashboard.database.tables import dataset_files, dataset_spectra
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from tests.platform.world import DESCRIPTION, World, add_dataset


async def errors(platform: Platform, **intent: Any) -> dict[str, str]:
    if "dataset" not in intent:
        intent["dataset"] = await add_dataset(platform)
    checked = await platform.check.check(JobRequest(**{"module": "toy", **intent}))
    return {error.field: error.message for error in checked.errors}


async def test_a_sound_request_is_completed_with_defaults(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    checked = await platform.check.check(JobRequest("toy", dataset, {"epochs": "20"}))
    assert checked.request is not None
    assert checked.request.parameters == {"epochs": 20, "rate": 0.5}
    assert checked.request.recipe == {"schema": 1, "steps": []}
    assert checked.request.module_version == "1.2.3"
    assert checked.to_json()["ok"]
    assert (checked.nodes, checked.classes) == ({"local": []}, {"A": 1, "B": 1})
    assert checked.resources.memory_mb == 512


async def test_everything_wrong_is_told_at_once(platform: Platform) -> None:
    wrong = await errors(
        platform,
        dataset="none",
        parameters={"epochs": 0},
        recipe={"schema": 1, "steps": [{"step": "magic"}]},
        node="moon",
        resources=Resources(cpus=0).to_json(),
        label="x" * 201,
    )
    fields = {field.split(".")[0] for field in wrong}
    assert fields == {"dataset", "parameters", "recipe", "node", "resources", "label"}
    assert wrong["parameters.epochs"] == "0 is out of range. Must be a whole number from 1 to 500."
    assert wrong["node"] == "There is no node moon; there are any, local."


async def test_an_unknown_module_names_those_that_are_there(platform: Platform) -> None:
    assert (await errors(platform, module="tyo"))["module"] == "There is no module tyo. Did you mean toy?"


@pytest.mark.parametrize(
    ("dataset", "message"),
    [
        ({"classes": {}}, "the dataset has no labels"),
        ({"classes": {"A": 2}}, "has one class only (A)"),
        ({"state": "indexing"}, "not ready to be used (indexing)"),
        ({"state": "error", "reason": "the disk is full"}, "(error: the disk is full)"),
        ({"count": 0}, "holds no spectrum"),
    ],
)
async def test_a_dataset_that_cannot_be_learnt_from_is_rejected(
    platform: Platform, dataset: dict[str, Any], message: str
) -> None:
    assert message in (await errors(platform, dataset=await add_dataset(platform, **dataset)))["dataset"]


async def test_a_job_larger_than_every_node_is_rejected_at_the_field_with_what_the_largest_has(
    platform: Platform,
) -> None:
    assert await errors(platform, resources=Resources(64, 64_000, 1).to_json()) == {
        "resources.cpus": "Needs 64 processors; the largest node, local, has 4 processors.",
        "resources.memory_mb": "Needs 64 GB; the largest node, local, has 8.19 GB.",
        "resources.gpus": "Needs 1 GPUs; the largest node, local, has 0 GPUs.",
    }


async def test_a_label_that_no_node_has_is_said_at_the_field(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    intent = JobRequest("toy", dataset, resources=Resources(labels=("a100",)).to_json())
    [error] = (await platform.check.check(intent)).errors
    assert error.to_json() == {"field": "resources.labels", "message": "Needs the label a100; no node has."}


async def test_less_than_the_module_needs_is_rejected_and_the_form_starts_from_what_is_recommended(
    world: World,
) -> None:
    module = world.home.parent / "modules" / "toy" / "module.yaml"
    module.write_text(
        module.read_text()
        + "  recommended: {training: {memory_MB: 3000}}\nresources: {training: {cpu: 2, memory_MB: 1000}}\n"
    )
    platform = await world.platform()
    dataset = await add_dataset(platform)
    starting = platform.check.starting(platform.modules.get("toy"))
    assert (starting.cpus, starting.memory_mb) == (2, 3000)
    intent = JobRequest("toy", dataset, resources=Resources(1, 900).to_json())
    assert [error.message for error in (await platform.check.check(intent)).errors] == [
        "This module needs at least 2 processors.",
        "This module needs at least 1000 MB of memory.",
    ]
    named = await platform.check.check(JobRequest("toy", dataset, resources={"walltime_s": 60, "cpus": None}))
    assert (named.resources.cpus, named.resources.memory_mb, named.resources.walltime_s) == (2, 3000, 60)


async def test_a_node_that_is_down_is_said_but_the_job_may_wait_for_it(
    world: World, platform: Platform
) -> None:
    world.node.down = "no route"
    await platform.nodes.probe("local")
    checked = await platform.check.check(JobRequest("toy", await add_dataset(platform), node="local"))
    assert checked.nodes == {"local": ["does not answer: no route"]}
    assert checked.request is not None


async def test_a_request_that_cannot_be_run_makes_no_job(platform: Platform) -> None:
    with pytest.raises(Invalid) as caught:
        await platform.submit(JobRequest("toy", ""), OWNER)
    assert caught.value.problem()["errors"] == [{"field": "dataset", "message": "Choose a dataset."}]
    assert (await platform.jobs.list(identity=OWNER)).total == 0


async def test_parts_are_for_spectra_and_modules_that_know_them(platform: Platform) -> None:
    wrong = await errors(platform, resources=Resources(memory_mb=512, parts=0).to_json())
    assert wrong == {"resources.parts": "Must be 1 to 1000 parts."}
    features = await add_dataset(platform, kind="features")
    wrong = await errors(platform, dataset=features, resources=Resources(memory_mb=512, parts=2).to_json())
    assert "prepared already" in wrong["resources.parts"]
    assert await errors(platform, resources=Resources(memory_mb=512, parts=2).to_json()) == {}


def test_what_is_null_among_the_resources_takes_its_default() -> None:
    given = {"cpus": None, "memory_mb": 100, "gpus": None, "walltime_s": None, "parts": None}
    assert Resources.from_json(given) == Resources(memory_mb=100)


async def test_labels_that_are_no_numbers_are_told_where_numbers_are_learnt(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"name": "task", "type": "string", "default": "classes", "choices": ["classes", "numbers"]}
    learns = {**DESCRIPTION, "train": [task], "number_labels": {"task": ["numbers"]}}

    async def description(_name: str) -> dict[str, Any]:
        return learns

    monkeypatch.setattr(platform.modules.descriptions, "of", description)
    mixed = await add_dataset(platform, classes={"A": 3, "4.5": 1, "nan": 1}, count=5)
    assert await errors(platform, dataset=mixed) == {}
    wrong = await errors(platform, dataset=mixed, parameters={"task": "numbers"})
    assert set(wrong) == {"parameters.task"}
    assert "4 of the spectra have others: A (3), nan (1)" in wrong["parameters.task"]
    left = await errors(platform, dataset=mixed, parameters={"task": "numbers"}, excluded=["A", "nan"])
    assert "one class only (4.5)" in left["dataset"]
    assert "parameters.task" not in left
    numbers = await add_dataset(platform, classes={"1e3": 1, "-2": 1})
    assert await errors(platform, dataset=numbers, parameters={"task": "numbers"}) == {}
    with pytest.raises(Invalid, match="must be numbers"):  # what the API and the command line ask for
        await platform.submit(JobRequest("toy", mixed, {"task": "numbers"}), OWNER)


@pytest.mark.parametrize(
    ("classes", "message"),
    [
        ({"teff=5000; logg=4": 1, "teff=hot": 2}, "2 of the spectra have others: 'teff=hot' says that teff"),
        ({"G2 V": 1, "4.5": 1}, "'G2 V' says that value is 'G2 V', which is no number"),
        ({"5=teff": 1, "4.5": 1}, "'5=teff' is not of the form teff=5780; logg=4.44"),
        ({"teff=5000": 1, "logg=4": 1}, "none has logg beside teff"),
        ({"teff=nan": 1, "-": 1}, "No spectrum has every value"),
    ],
)
async def test_labels_that_are_no_named_numbers_are_told_before_the_run(
    platform: Platform, monkeypatch: pytest.MonkeyPatch, classes: dict[str, int], message: str
) -> None:
    monkeypatch.setattr(platform.modules.descriptions, "of", described(named_numbers=True))
    dataset = await add_dataset(platform, classes=classes, count=3)
    assert message in (await errors(platform, dataset=dataset))["dataset"]
    sound = await add_dataset(platform, classes={"teff=5e3; logg=4": 1, "teff=4000;logg=nan": 1, "logg=3": 1})
    assert await errors(platform, dataset=sound) == {}


async def test_named_numbers_may_be_missing_where_a_task_asks_for_them(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"name": "task", "type": "string", "default": "classes", "choices": ["classes", "numbers"]}
    told = described(train=[task], number_labels={"task": ["numbers"]}, named_numbers=True)
    monkeypatch.setattr(platform.modules.descriptions, "of", told)
    parts = await add_dataset(platform, classes={"teff=5000": 2, "logg=4; teff=nan": 2})
    assert await errors(platform, dataset=parts, parameters={"task": "numbers"}) == {}
    mixed = await add_dataset(platform, classes={"teff=5000": 2, "G2 V": 2})
    wrong = await errors(platform, dataset=mixed, parameters={"task": "numbers"})
    assert "2 of the spectra have others: G2 V (2)" in wrong["parameters.task"]
    assert await errors(platform, dataset=mixed) == {}


async def test_too_few_objects_are_told_before_the_run(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = {"name": "task", "type": "string", "default": "classes", "choices": ["classes", "steps"]}
    folds = {"name": "folds", "type": "integer", "default": 5}
    told = described(train=[task, folds], class_labels={"task": ["classes"]})
    monkeypatch.setattr(platform.modules.descriptions, "of", told)
    dataset = await add_dataset(platform, classes={"A": 4, "B": 1, "C": 2}, count=7)
    await add_spectra(platform, dataset, "AAACC", ["vega", "vega", None, "deneb", "deneb"])
    wrong = await errors(platform, dataset=dataset)
    assert set(wrong) == {"dataset"}
    assert "Classes B, C have one object only" in wrong["dataset"]
    assert await errors(platform, dataset=dataset, parameters={"task": "steps"}) == {}
    wrong = await errors(platform, dataset=dataset, parameters={"task": "steps", "folds": 6})
    assert wrong["parameters.folds"].startswith("There are 5 labelled objects, fewer than the 6 folds")
    wrong = await errors(platform, dataset=dataset, parameters={"task": "steps"}, excluded=["C"])
    assert wrong["parameters.folds"].startswith("There are 4 labelled objects")
    one = await add_dataset(platform)
    async with platform.database.write() as connection:
        mine = dataset_spectra.c.dataset == one
        await connection.execute(update(dataset_spectra).where(mine).values(object_group="vega"))
    assert "of one object" in (await errors(platform, dataset=one))["dataset"]


def described(**changes: Any) -> Any:
    """Return a description of the module with changes, as the platform asks for it."""

    async def description(_name: str) -> dict[str, Any]:
        return {**DESCRIPTION, **changes}

    return description


async def add_spectra(platform: Platform, dataset: str, labels: str, objects: list[str | None]) -> None:
    """Add spectra to the two that the dataset has."""
    rows = [
        {"dataset": dataset, "number": number, "path": f"{number}.csv", "name": str(number)}
        | {"label": label, "object_group": group}
        for number, (label, group) in enumerate(zip(labels, objects, strict=True), 2)
    ]
    async with platform.database.write() as connection:
        await connection.execute(insert(dataset_spectra), rows)


async def test_classes_are_left_out_of_a_training_and_of_its_repetition(
    world: World, platform: Platform, tmp_path: Path
) -> None:
    dataset = await add_dataset(platform, classes={"A": 1, "B": 1, "C": 3}, count=6)
    job = await platform.submit(JobRequest("toy", dataset, excluded=["C", ""]), OWNER)
    assert (job.input["count"], job.input["excluded"]) == (2, ["C", ""])
    assert list(job.request().excluded) == ["C", ""]
    await platform.inputs.write_manifest(dataset, tmp_path / "m.csv", frozenset(["A"]))
    assert [line.split(",")[3] for line in (tmp_path / "m.csv").read_text().splitlines()] == ["name", "B"]
    assert (await errors(platform, dataset=dataset, excluded=["K"]))["excluded"].startswith(
        "The dataset has no class K; its classes: A (1), B (1), C (3)"
    )
    assert (
        "No spectrum is left"
        in (await errors(platform, dataset=dataset, excluded=["A", "B", "C", ""]))["excluded"]
    )
    features = await add_dataset(platform, kind="features")
    assert "used whole" in (await errors(platform, dataset=features, excluded=["A"]))["excluded"]


async def test_objects_with_several_spectra_are_told_before_the_run(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    rows = [
        {"dataset": dataset, "number": number, "path": f"{number}.csv", "name": name, "object_group": group}
        for number, name, group in ((2, "x", "HD 1"), (3, "y", "HD 1"), (4, "A", None))
    ]
    files = [{"dataset": dataset, "path": f"{n}.csv", "size": 1, "state": "read"} for n in "234"]
    async with platform.database.write() as connection:
        await connection.execute(insert(dataset_spectra), rows)
        await connection.execute(insert(dataset_files), [{**file, "sha256": "f" * 64} for file in files])
    shared, copies, unnamed = (await platform.check.check(JobRequest("toy", dataset))).notes
    assert shared.startswith("2 spectra show 1 object of which")
    assert "split by object" in shared
    assert copies.startswith("2 files have the same content")
    assert unnamed.startswith("3 of 5 spectra do not name their object")
    assert "2 of them share their name" in unnamed


async def test_a_module_that_makes_its_spectra_takes_no_dataset(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = described(makes_spectra=True, needs_labels=False)
    monkeypatch.setattr(platform.modules.descriptions, "of", told)
    checked = await platform.check.check(JobRequest("toy", ""))
    assert checked.errors == ()
    assert checked.request is not None
    assert (checked.request.input.kind, checked.request.input.synthetic) == ("none", True)
    assert checked.request.recipe == DESCRIPTION["default_recipe"]
    wrong = await errors(platform, excluded=["A"])
    assert set(wrong) == {"dataset", "excluded"}
    assert "makes its spectra" in wrong["dataset"]
