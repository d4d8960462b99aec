"""Trainings of third-party modules: what takes a dataset, and how the image is run."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dashboard.auth.identity import OWNER
from dashboard.base.errors import Invalid
from dashboard.data.dataset import Kind
from dashboard.jobs.request import JobRequest
from dashboard.platform import Platform
from launchers import LaunchSpec
from launchers.fake import Script
from tests.platform.world import World, add_dataset, settle

METADATA = """
metadata_version: 2.1.0
title: Detector
summary: Finds objects
description: It does nothing.
links: {source_code: https://example.org/x, docker_image: org/detector}
libraries: [Other]
tasks: [Other]
categories: [AI4 trainable]
tags: [test]
"""
PLAIN = {"name": "epochs", "type": "integer", "default": 3, "required": False}
TAKES = {"name": "data", "type": "string", "default": "coco", "required": False, "data": "path"}
FILE = {"name": "boxes", "type": "file", "default": None, "required": True, "data": "file"}


@pytest.fixture
async def third_party(world: World) -> Platform:
    """A platform with a module of AI4EOSC's metadata, whose arguments a test sets."""
    folder = world.home.parent / "modules" / "detector"
    folder.mkdir()
    (folder / "ai4-metadata.yml").write_text(METADATA)
    inner = world.node.behave

    def behave(spec: LaunchSpec) -> Script:
        if spec.command[-2:] == ("describe", "detector"):
            return Script(
                exit_code=0, output=json.dumps({"modules": {"detector": described([PLAIN])}}).encode()
            )
        return inner(spec)

    world.node.behave = behave
    return await world.platform()


def described(train: list[dict[str, Any]], *, trains: bool = True) -> dict[str, Any]:
    told = {"name": "detector", "title": "x", "kind": "deepaas", "entry": 1, "trains": trains}
    return {**told, "train": train, "predict": [], "steps": [], "default_recipe": None}


async def said(platform: Platform, train: list[dict[str, Any]], **request: Any) -> dict[str, str]:
    await platform.modules.descriptions.of("detector")
    descriptions = platform.modules.descriptions
    known = descriptions.known("detector")
    descriptions._described["detector"] = type(known)("ready", described(train), image=known.image)
    checked = await platform.check.check(JobRequest(**{"module": "detector", "dataset": "", **request}))
    return {error.field: error.message for error in checked.errors}


async def test_a_dataset_is_only_asked_for_where_an_argument_takes_it(third_party: Platform) -> None:
    dataset = await add_dataset(third_party, kind=Kind.FILES, count=0)
    assert await said(third_party, [PLAIN]) == {}
    assert (
        "no argument that takes a dataset" in (await said(third_party, [PLAIN], dataset=dataset))["dataset"]
    )
    assert await said(third_party, [TAKES]) == {}
    assert await said(third_party, [TAKES], dataset=dataset) == {}
    assert await said(third_party, [FILE], dataset=dataset) == {}
    assert set(await said(third_party, [FILE])) == {"parameters.boxes", "dataset"}
    asked = {"data": "{dataset}/x.yaml"}
    assert "choose a dataset" in (await said(third_party, [TAKES], parameters=asked))["dataset"]
    assert "There is no dataset" in (await said(third_party, [TAKES], dataset="nosuch"))["dataset"]
    wrong = await said(third_party, [PLAIN], excluded=["A"], start="m", parameters={"epochs": "x"})
    assert {"excluded", "start", "parameters.epochs"} == set(wrong)


async def test_the_image_runs_as_it_was_made_with_our_entry_beside_it(
    third_party: Platform, world: World
) -> None:
    dataset = await add_dataset(third_party, kind=Kind.FILES, count=0)
    assert await said(third_party, [TAKES, PLAIN]) == {}
    for chosen, path, mounts in ((dataset, "in/data", 3), ("", None, 2)):
        job = await third_party.submit(JobRequest("detector", chosen, {"epochs": 5}), OWNER)
        assert (await settle(third_party, job)).phase == "COMPLETED"
        spec = world.node.started[-1]
        assert spec.unchanged_image
        assert spec.command[-1] == "train"
        assert len(spec.mounts) == mounts
        folder = next(mount.source for mount in spec.mounts if mount.target == "/job")
        told = json.loads((folder / "job.json").read_text())
        assert told["input"]["path"] == path
        assert told["parameters"] == {"data": "{dataset}" if chosen else "coco", "epochs": 5}
        assert told["recipe"] is None


async def test_a_module_that_does_not_train_says_so(third_party: Platform) -> None:
    await said(third_party, [PLAIN])
    known = third_party.modules.descriptions.known("detector")
    told = described([PLAIN], trains=False)
    third_party.modules.descriptions._described["detector"] = type(known)("ready", told, image=known.image)
    with pytest.raises(Invalid, match="does not train"):
        await third_party.submit(JobRequest("detector", ""), OWNER)
