"""Trainings that name a version of a label set."""

from __future__ import annotations

import csv
import json

import pytest
from sqlalchemy import update

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Conflict, Invalid
from dashboard.database.tables import dataset_spectra
from dashboard.jobs.request import JobRequest
from dashboard.labels.event import EventKind, NewEvent
from dashboard.platform import Platform
from tests.platform.world import World, add_dataset, run_on, settle


async def version_of(platform: Platform, dataset: str, **labels: str) -> tuple[str, str]:
    """Return the ids of a label set and of a version with these classes of the spectra A and B."""
    made = await platform.labels.create("second look", dataset, ["x", "y"], OWNER)
    events = [
        NewEvent(f"k{name}", EventKind.LABEL, "AB".index(name), label) for name, label in labels.items()
    ]
    await platform.labels.append(made.id, events, OWNER)
    return made.id, (await platform.labels.versions.create(made.id, OWNER)).id


async def test_a_training_learns_from_the_version_that_it_names_and_says_so(platform: Platform) -> None:
    dataset = await add_dataset(platform)
    label_set, version = await version_of(platform, dataset, A="y", B="x")
    job = await platform.submit(JobRequest("toy", dataset, label_version=version), OWNER)
    assert job.input["labels"]["label_set"] == label_set
    assert job.input["labels"]["number"] == 1
    assert job.input["count"] == 2
    await platform.labels.append(label_set, [NewEvent("late", EventKind.LABEL, 0, "x")], OWNER)
    job = await settle(platform, job)
    [attempt] = await platform.jobs.attempts(job.id)
    with (platform.jobs.attempt_folder(attempt) / "in" / "manifest.csv").open(newline="") as file:
        assert {row["name"]: row["label"] for row in csv.DictReader(file)} == {"A": "y", "B": "x"}
    model = await platform.models.of_job(job.id)
    assert model is not None
    assert model.input["labels"]["id"] == version
    assert job.request().label_version == version


async def test_labels_of_another_dataset_or_of_one_class_are_no_labels(platform: Platform) -> None:
    dataset, other = await add_dataset(platform), await add_dataset(platform)
    _, version = await version_of(platform, other, A="x", B="y")
    with pytest.raises(Invalid, match="not of this dataset"):
        await platform.submit(JobRequest("toy", dataset, label_version=version), OWNER)
    _, single = await version_of(platform, dataset, A="x")
    with pytest.raises(Invalid, match=r"one class only \(x\)"):
        await platform.submit(JobRequest("toy", dataset, label_version=single), OWNER)
    with pytest.raises(Invalid, match="no label version gone"):
        await platform.submit(JobRequest("toy", dataset, label_version="gone"), OWNER)


async def test_a_label_set_stays_while_a_job_needs_it(world: World, platform: Platform) -> None:
    world.behave = run_on
    dataset = await add_dataset(platform)
    label_set, version = await version_of(platform, dataset, A="x", B="y")
    job = await platform.submit(JobRequest("toy", dataset, label_version=version), OWNER)
    with pytest.raises(Conflict, match=job.id):
        await platform.labels.delete(label_set, OWNER)


async def test_a_feature_set_is_trained_with_the_labels_of_a_version(platform: Platform) -> None:
    dataset = await add_dataset(platform, kind="features")
    async with platform.database.write() as connection:
        table = dataset_spectra
        for row in range(2):
            mine = (table.c.dataset == dataset) & (table.c.number == row)
            await connection.execute(update(table).where(mine).values(path="set.parquet", row=row))
    (platform.settings.home / "data" / dataset / "files" / "set.parquet").write_bytes(b"features")
    _, version = await version_of(platform, dataset, A="y", B="x")
    job = await settle(
        platform, await platform.submit(JobRequest("toy", dataset, label_version=version), OWNER)
    )
    [attempt] = await platform.jobs.attempts(job.id)
    folder = platform.jobs.attempt_folder(attempt)
    assert json.loads((folder / "job.json").read_text())["input"]["manifest"] == "in/manifest.csv"
    with (folder / "in" / "manifest.csv").open(newline="") as file:
        assert [(row["row"], row["label"]) for row in csv.DictReader(file)] == [("0", "y"), ("1", "x")]
    plain = await settle(platform, await platform.submit(JobRequest("toy", dataset), OWNER))
    [attempt] = await platform.jobs.attempts(plain.id)
    given = json.loads((platform.jobs.attempt_folder(attempt) / "job.json").read_text())["input"]
    assert given["manifest"] is None
