"""Modules of the shapes of AI4EOSC's, their images unchanged: described, trained, deployed and called.

Each is compared with upstream's ``deepaas-run`` of the same image: the answers are equal. What differs is
listed in docs/third-party.md.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli.api import ApiProblem, connect
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from tests.integration.third_party.conftest import FOLDER, NAMES
from tests.integration.third_party.platform import Running, upstream

pytestmark = pytest.mark.docker

PICTURE = b"P6\n2 2\n255\n"
DARK, BRIGHT = PICTURE + bytes([9] * 12), PICTURE + bytes([240] * 12)
WAVE = b"RIFF\x24\x00\x00\x00WAVEfmt "


@contextlib.asynccontextmanager
async def platform_of(folder: Path, *names: str) -> AsyncIterator[Running]:
    """A platform whose catalog has modules as AI4EOSC has them: there is no file of ours in them."""
    for name in names:
        shutil.copytree(FOLDER / "modules" / name, folder / "modules" / name)
    settings = Settings(
        home=folder / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(folder=str(folder / "modules")),
        nodes={"docker": NodeSettings(kind="docker")},
    )
    async with serving(settings) as served, connect(served.connection) as api:
        place = served.connection
        yield Running(served.platform, place.address, place.token, api, served.link)


def by_name(parameters: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in parameters}


async def test_every_module_is_described_by_its_own_arguments(
    third_party_images: None, tmp_path: Path
) -> None:
    async with platform_of(tmp_path, *NAMES) as running:
        described: Any = {name: await running.platform.modules.descriptions.of(name) for name in NAMES}
    demo = by_name(described["demo-app"]["predict"])
    assert demo["demo_str_choice"]["choices"] == ["choice1", "choice2"]
    assert demo["demo_password"]["format"] == "password"
    assert (demo["demo_int_range"]["minimum"], demo["demo_int_range"]["maximum"]) == (1, 100)
    assert (demo["demo_list_of_floats"]["type"], demo["demo_list_of_floats"]["items"]) == ("array", "number")
    assert {demo[name]["type"] for name in ("demo_image", "demo_audio", "demo_video")} == {"file"}
    assert by_name(described["demo-app"]["train"])["epoch_num"]["required"]
    advanced = by_name(described["demo-advanced"]["train"])
    assert [one["name"] for one in advanced["options"]["properties"]] == ["rate", "decay"]
    assert described["demo-advanced"]["answers"] == ["application/json", "text/csv", "image/png"]
    pictures = by_name(described["image-classification"]["predict"])
    assert pictures["data"]["type"] == "file"  # its name on the wire; in Python it is `files`
    assert described["yolo"]["model"] == "yolo_api"
    assert {
        name: [one["name"] for one in found["train"] if one.get("data")] for name, found in described.items()
    } == {
        "demo-app": [],
        "demo-advanced": ["input_file"],
        "fasterrcnn": ["training_set"],
        "image-classification": ["images_directory"],
        "yolo": ["data"],
    }


async def test_a_module_without_data_trains_and_answers_as_upstream(
    third_party_images: None, tmp_path: Path
) -> None:
    async with platform_of(tmp_path, "demo-app") as running:
        with pytest.raises(ApiProblem, match="epoch_num: Is needed"):
            await running.train("demo-app")
        dataset = await running.data("nothing", {"a.txt": b"1"})
        with pytest.raises(ApiProblem, match="has no argument that takes a dataset"):
            await running.train("demo-app", dataset, epoch_num=3)
        found = await running.train("demo-app", epoch_num=4, demo_str_choice="choice1")
        job = found["job"]
        assert job["phase"] == "COMPLETED", job["reason"]
        assert job["metrics"] == {"epochs": 4, "final.loss": 0.25, "final.accuracy": 0.8}
        assert await running.progress(job["id"]) == (4, 4)
        assert found["model"] is None  # it writes nothing
        log = await running.api.bytes(f"/jobs/{job['id']}/log")
        assert b"Epoch 4/4" in log
        await running.deploy("demo", module="demo-app")
        files = {
            "demo_image": ("a.png", b"\x89PNG\r\n\x1a\n", "image/png"),
            "demo_audio": ("a.wav", WAVE, "audio/x-wav"),
            "demo_video": ("a.mp4", b"\0\0\0 ftypmp42", "video/mp4"),
        }
        query = {"demo_str": "é", "demo_int": 3, "demo_list_of_floats": [1.5, 2.5], "demo_bool": "false"}
        ours = await running.call("/predict/demo", files=files, **query)
        assert ours.status == 200, ours.body
        with upstream("demo-app") as server:
            path = "/v2/models/demo_app/predict/"
            assert ours.json == server.call(path, files=files, **query).json
            for wrong in ({"demo_int_range": 1000}, {"demo_int": "x"}):
                theirs = server.call(path, **wrong)
                mine = await running.call("/predict/demo", **wrong)
                assert (mine.status, mine.json) == (theirs.status, theirs.json) == (422, theirs.json)
            result = await running.api.bytes(f"/jobs/{job['id']}/artefacts/result.json")
            told = server.train("demo_app", epoch_num=4, demo_str_choice="choice1")
            assert json.loads(result)["result"] == told


async def test_checkpoints_curves_and_kinds_of_answers(third_party_images: None, tmp_path: Path) -> None:
    numbers = {"a.txt": b"1 2 3", "more/b.txt": b"100"}
    async with platform_of(tmp_path, "demo-advanced") as running:
        dataset = await running.data("numbers", numbers)
        found = await running.train("demo-advanced", dataset, epochs=3, options={"rate": 0.6})
        job = found["job"]
        assert job["phase"] == "COMPLETED", job["reason"]
        assert job["metrics"]["mean"] == 2.0
        curves = (await running.api.get(f"/jobs/{job['id']}/metrics"))["metrics"]
        assert [point["value"] for point in curves["epoch_loss"]] == pytest.approx([0.6, 0.3, 0.2])
        assert [point["step"] for point in curves["history.val_loss"]] == [1, 2, 3]
        await running.deploy("digits", model=found["model"]["id"])
        files = {"input_file": ("x.txt", b"5 7")}
        answers = {
            accept: await running.call("/predict/digits", accept=accept, files=files)
            for accept in ("application/json", "text/csv", "image/png")
        }
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / "a.txt").write_bytes(numbers["a.txt"])
        with upstream("demo-advanced", (tmp_path / "in", "/in")) as server:
            server.train("demo_advanced", input_file="/in", epochs=3)
            for accept, ours in answers.items():
                theirs = server.call("/v2/models/demo_advanced/predict/", accept=accept, files=files)
                assert (ours.status, ours.kind, ours.body) == (theirs.status, theirs.kind, theirs.body)
    assert answers["application/json"].json["predictions"]["differences"] == [3.0, 5.0]
    assert answers["image/png"].body.startswith(b"\x89PNG")


async def test_a_folder_of_images_makes_a_model_that_classifies(
    third_party_images: None, tmp_path: Path
) -> None:
    images = {"dark/1.ppm": DARK, "bright/1.ppm": BRIGHT}
    async with platform_of(tmp_path, "image-classification") as running:
        missing = await running.train("image-classification", modelname="ResNet50")
        assert missing["job"]["phase"] == "ERROR"
        assert "There are no images in data/images." in missing["job"]["reason"]
        found = await running.train("image-classification", await running.data("images", images))
        assert found["job"]["phase"] == "COMPLETED", found["job"]["reason"]
        assert found["job"]["metrics"]["classes"] == 2
        kept = [file["path"] for file in found["model"]["card"]["files"]]
        models = "/srv/image-classification/models/2024-01-01_000000"
        assert kept == [f"{models}/ckpts/final.json", f"{models}/conf.json"]
        await running.deploy("pictures", model=found["model"]["id"])
        files = {"data": ("some.ppm", BRIGHT, "image/x-portable-pixmap")}
        ours = await running.call("/predict/pictures", files=files, top=1)
        tree = tmp_path / "images"
        for path, content in images.items():
            (tree / path).parent.mkdir(parents=True)
            (tree / path).write_bytes(content)
        with upstream("image-classification", (tree, "/images")) as server:
            server.train("imgclas", images_directory="/images")
            theirs = server.call("/v2/models/imgclas/predict/", files=files, top=1)
    assert ours.json == theirs.json
    assert ours.json["predictions"][0]["labels"] == ["bright"]


async def test_weights_of_a_detector_and_a_drawn_picture(third_party_images: None, tmp_path: Path) -> None:
    async with platform_of(tmp_path, "yolo") as running:
        dataset = await running.data("stars", {"set.yaml": b"name: star\nname: galaxy\n", "1.ppm": DARK})
        found = await running.train("yolo", dataset, data="{dataset}/set.yaml", epochs=4, imgsz=64)
        assert found["job"]["phase"] == "COMPLETED", found["job"]["reason"]
        assert found["job"]["metrics"]["metrics/mAP50"] == pytest.approx(0.54)
        assert await running.progress(found["job"]["id"]) == (4, 4)
        await running.deploy("detector", model=found["model"]["id"])
        files = {"files": ("x.jpg", b"picture", "image/jpeg")}
        ours = await running.call("/predict/detector", files=files)
        drawn = await running.call("/predict/detector", accept="image/jpeg", files=files)
        source = tmp_path / "set.yaml"
        source.write_bytes(b"name: star\nname: galaxy\n")
        with upstream("yolo", (source, "/set.yaml")) as server:
            server.train("yolo_api", data="/set.yaml", epochs=4, imgsz=64)
            path = "/v2/models/yolo_api/predict/"
            assert ours.json == server.call(path, files=files).json
            theirs = server.call(path, accept="image/jpeg", files=files)
            assert (drawn.kind, drawn.body) == (theirs.kind, theirs.body)
    assert [one["name"] for one in ours.json["predictions"]] == ["star", "galaxy"]
    assert drawn.kind == "image/jpeg"


async def test_a_file_argument_mlflow_and_a_video(third_party_images: None, tmp_path: Path) -> None:
    async with platform_of(tmp_path, "fasterrcnn") as running:
        with pytest.raises(ApiProblem, match="training_set: Is needed"):
            await running.train("fasterrcnn")
        dataset = await running.data("boxes", {"boxes.json": b"[[0, 0, 1, 1], [2, 2, 3, 3]]"})
        found = await running.train("fasterrcnn", dataset)
        assert found["job"]["phase"] == "COMPLETED", found["job"]["reason"]
        curves = (await running.api.get(f"/jobs/{found['job']['id']}/metrics"))["metrics"]
        assert [point["value"] for point in curves["loss"]] == pytest.approx([1, 1 / 2, 1 / 3])
        failed = (await running.train("fasterrcnn", dataset, fail=True))["job"]
        assert failed["phase"] == "ERROR"
        assert "failed with RuntimeError: the loss is not a number" in failed["reason"]
        await running.deploy("regions", model=found["model"]["id"])
        files = {"input": ("x.mp4", b"\1\2\3", "video/mp4")}
        ours = await running.call("/predict/regions", files=files)
        assert ours.json["predictions"]["model"] == {"boxes": 2, "name": "boxes.json"}
        for kind in ("video/mp4", "audio/x-wav"):
            answer = await running.call("/predict/regions", accept=kind, files=files)
            assert (answer.status, answer.kind, answer.body) == (200, kind, b"\3\2\1")
        await _stopped(running, dataset)


async def _stopped(running: Running, dataset: str) -> None:
    """Abort a training that waits: its container ends at once, and the job is aborted."""
    body = {"module": "fasterrcnn", "dataset": dataset, "parameters": {"wait": 60.0}}
    job = (await running.api.post("/jobs", body))["job"]["id"]
    async with asyncio.timeout(60):
        while b"Epoch" not in await running.api.bytes(f"/jobs/{job}/log"):
            await asyncio.sleep(0.05)
        await running.api.post(f"/jobs/{job}/abort")
        while (found := (await running.api.get(f"/jobs/{job}"))["job"])["phase"] not in ("ABORTED", "ERROR"):
            await asyncio.sleep(0.05)
    assert found["phase"] == "ABORTED", found["reason"]
