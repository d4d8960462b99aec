"""A training that starts from a model of real stars: by API and command line, and in containers."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
from pathlib import Path

import pytest

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import follow
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from tests.integration.story.test_demo import HUGGINS
from tests.integration.story.test_predictions import stars, train  # noqa: F401 - a fixture

CONTAINERS = ("docker", "udocker")
SMALL = {"trees": 20, "folds": 2, "seed": 1, "random_split": False}


async def further(api: Api, dataset: str, start: str, node: str) -> dict[str, object]:
    """Train from a model; return the card of what comes of it."""
    request = {"module": "rdf", "dataset": dataset, "node": node, "start": start, "parameters": SMALL}
    job = await follow(api, (await api.post("/jobs", request))["job"]["id"], quiet=True)
    assert job["phase"] == "COMPLETED", job["reason"]
    assert job["start"] == start
    model = (await api.get(f"/jobs/{job['id']}"))["model"]["id"]
    card: dict[str, object] = (await api.get(f"/models/{model}"))["model"]["card"]
    return card


async def test_a_forest_goes_on_from_another(stars: Path, tmp_path: Path) -> None:  # noqa: F811
    home = tmp_path / "home"
    settings = Settings(
        home=home, server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    async with serving(settings) as served, connect(served.connection) as api:
        known = (await upload(api, (stars / "known",), "known stars"))["dataset"]["id"]
        forest = await train(api, "rdf", known, "local", **SMALL)
        card = await further(api, known, forest, "local")
        assert card["details"]["trees"] == 40  # type: ignore[index]
        assert card["start"]["model"] == forest  # type: ignore[index]
        plane = await train(api, "som", known, "local", rows=4, columns=4, epochs=2, seed=1)
        with pytest.raises(ApiProblem, match="made by the module som, not by rdf"):
            await further(api, known, plane, "local")
        await _command_line(home, forest)


async def _command_line(home: Path, model: str) -> None:
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HUGGINS_HOME": str(home)}
        return subprocess.run(
            [HUGGINS, "train", "rdf", "known stars", "--json", *command],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    small = [option for name, value in SMALL.items() for option in ("-p", f"{name}={json.dumps(value)}")]
    done = await asyncio.to_thread(run, "--start", model, *small)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["start"] == model
    wrong = await asyncio.to_thread(run, "--start", model, "--exclude", "A", *small)
    assert wrong.returncode != 0
    assert "the model knows A, of which the dataset has none" in wrong.stderr + wrong.stdout


@pytest.mark.docker
@pytest.mark.udocker
async def test_a_forest_goes_on_in_containers(
    module_images: str,
    udocker_engine: None,
    stars: Path,  # noqa: F811
    tmp_path: Path,
) -> None:
    settings = Settings(
        home=tmp_path / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(image=module_images),
        nodes={kind: NodeSettings(kind=kind) for kind in CONTAINERS},
    )
    async with serving(settings) as served, connect(served.connection) as api:
        known = (await upload(api, (stars / "known",), "known stars"))["dataset"]["id"]
        forest = await train(api, "rdf", known, "docker", **SMALL)
        for kind in CONTAINERS:
            assert (await further(api, known, forest, kind))["start"]["model"] == forest  # type: ignore[index]
