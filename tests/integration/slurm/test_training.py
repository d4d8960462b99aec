"""A forest is trained on a cluster from the platform, as on this machine: same metrics, live progress."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli.api import Api, connect
from dashboard.cli.data import upload
from dashboard.cli.demo_data import find_data
from dashboard.cli.jobs import ENDED, follow
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.integration.cluster import USER, slurm_folder

pytestmark = [pytest.mark.slurm, pytest.mark.docker]
PARAMETERS = {"trees": 20, "folds": 3, "seed": 5}
MANY = {**PARAMETERS, "trees": 600}


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, Any]]:
    with slurm_folder() as settings:
        yield settings


def platform(home: Path, images: str, cluster: dict[str, Any], **slurm: Any) -> Settings:
    return Settings(
        home=home,
        server=ServerSettings(port=0),
        modules=ModulesSettings(image=images),
        nodes={
            "here": NodeSettings(kind="process"),
            "cluster": NodeSettings(kind="slurm", **{**cluster, **slurm}),
        },
    )


async def train(api: Api, dataset: str, node: str, **wish: Any) -> dict[str, Any]:
    asked = {"module": "rdf", "dataset": dataset, "node": node, "parameters": PARAMETERS, **wish}
    job = (await api.post("/jobs", asked))["job"]
    return await follow(api, job["id"], quiet=True)


def on_cluster(cluster: dict[str, Any]) -> Path:
    """Return the launcher's folder, as root sees it."""
    return Path(f"~{USER}").expanduser() / cluster["folder"].removeprefix("~/")


def images_there(cluster: dict[str, Any]) -> dict[str, int]:
    """Return what staging makes, and when it was made."""
    root = on_cluster(cluster)
    made = [*(root / "images").glob("*"), *(root / "repository" / "containers").glob("*/ROOT")]
    made += (root / "repository" / "layers").glob("*")
    return {str(path.relative_to(root)): path.lstat().st_mtime_ns for path in made}


async def test_a_forest_has_the_same_metrics_and_the_second_job_stages_nothing(
    module_images: str, cluster: dict[str, Any], tmp_path: Path
) -> None:
    write_folder(tmp_path / "spectra", 60, seed=3)
    async with (
        serving(platform(tmp_path / "home", module_images, cluster)) as served,
        connect(served.connection) as api,
    ):
        dataset = (await upload(api, (tmp_path / "spectra",), "Hα"))["dataset"]["id"]
        jobs = [await train(api, dataset, node) for node in ("here", "cluster")]
        staged = images_there(cluster)
        jobs.append(await train(api, dataset, "cluster"))
        views = [await api.get(f"/jobs/{job['id']}/views/confusion") for job in jobs]
        [node] = [found for found in (await api.get("/nodes"))["nodes"] if found["name"] == "cluster"]
    assert [job["phase"] for job in jobs] == ["COMPLETED"] * 3, [job["reason"] for job in jobs]
    assert len({json.dumps(job["metrics"], sort_keys=True) for job in jobs}) == 1
    assert len({json.dumps(view["view"]["data"]["counts"]) for view in views}) == 1
    assert staged == images_there(cluster)
    assert any("containers" in path for path in staged)
    assert len([*(on_cluster(cluster) / "data").iterdir()]) == 1  # the dataset was copied once
    assert node["ok"]
    assert node["version"].startswith("slurm-wlm ")
    assert set(node["details"]["nodes"]) == {"n1", "n2"}
    assert "short (up to 1:00)" in node["details"]["partitions"]


async def watch(api: Api, dataset: str) -> tuple[dict[str, Any], set[tuple[str, float]], list[int]]:
    """Train on the cluster; return the job, the steps that were seen while it ran, its log's sizes then."""
    wish = {
        "module": "rdf",
        "dataset": dataset,
        "node": "cluster",
        "parameters": {**PARAMETERS, "trees": 600},
    }
    job = (await api.post("/jobs", wish))["job"]
    steps: set[tuple[str, float]] = set()
    sizes: list[int] = []
    while job["phase"] not in ENDED:
        if job["phase"] == "EXECUTING" and (now := job["progress"]) and now["step"] is not None:
            steps.add((now["phase"], now["step"]))
            sizes.append(len(await api.bytes(f"/jobs/{job['id']}/log", format="text")))
        await asyncio.sleep(0.2)
        job = (await api.get(f"/jobs/{job['id']}"))["job"]
    return job, steps, sizes


@pytest.mark.data
async def test_real_spectra_are_trained_on_with_live_progress_and_the_same_metrics(
    module_images: str, cluster: dict[str, Any], data_folder: Path, tmp_path: Path
) -> None:
    stars = find_data(None, tmp_path)
    assert "real LAMOST" in stars.what
    async with (
        serving(platform(tmp_path / "home", module_images, cluster)) as served,
        connect(served.connection) as api,
    ):
        dataset = (await upload(api, (stars.folder,), stars.name))["dataset"]
        job, steps, sizes = await watch(api, dataset["id"])
        here = await train(api, dataset["id"], "here", parameters=MANY)
    assert (job["phase"], here["phase"]) == ("COMPLETED", "COMPLETED"), job["reason"] or here["reason"]
    assert job["metrics"] == here["metrics"]
    assert len(steps) >= 3, steps
    assert sizes[-1] > 0
