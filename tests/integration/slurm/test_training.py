"""Jobs of the platform on a cluster, as on this machine's Docker engine: same results, progress, parts."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import ENDED, follow
from dashboard.cli.demo_data import find_data
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder
from tests.integration.cluster import KEY, KNOWN_HOSTS, TARBALL, URL, USER, slurm_folder, user_home
from tests.integration.images import catalog_of

pytestmark = [pytest.mark.slurm, pytest.mark.docker]
PARAMETERS = {"trees": 20, "folds": 3, "seed": 5}
MANY = {**PARAMETERS, "trees": 600}


@pytest.fixture(scope="module")
def cluster() -> Iterator[dict[str, Any]]:
    with slurm_folder() as settings:
        yield settings


def platform(home: Path, images: str, cluster: dict[str, Any], **slurm: Any) -> Settings:
    folder = catalog_of(home.parent / "modules", "preprocessing", "rdf")
    return Settings(
        home=home,
        server=ServerSettings(port=0),
        modules=ModulesSettings(folder=folder, image=images),
        nodes={
            "engine": NodeSettings(kind="docker"),
            "cluster": NodeSettings(kind="slurm", **{**cluster, **slurm}),
        },
    )


async def train(api: Api, dataset: str, node: str, **request: Any) -> dict[str, Any]:
    asked = {"module": "rdf", "dataset": dataset, "node": node, "parameters": PARAMETERS, **request}
    job = (await api.post("/jobs", asked))["job"]
    return await follow(api, job["id"], quiet=True)


def on_cluster(cluster: dict[str, Any]) -> Path:
    """Return the launcher's folder, as root sees it."""
    return user_home() / cluster["folder"].removeprefix("~/")


def images_there(cluster: dict[str, Any]) -> dict[str, int]:
    """Return what staging makes, and which file it is: what is made again is another one."""
    root = on_cluster(cluster)
    made = [*(root / "images").glob("*"), *(root / "repository" / "containers").glob("*/ROOT")]
    made += (root / "repository" / "layers").glob("*")
    return {str(path.relative_to(root)): path.lstat().st_ino for path in made}


async def test_a_forest_has_the_same_metrics_and_the_second_job_stages_nothing(
    module_images: str, cluster: dict[str, Any], tmp_path: Path
) -> None:
    write_folder(tmp_path / "spectra", 60, seed=3)
    async with (
        serving(platform(tmp_path / "home", module_images, cluster)) as served,
        connect(served.connection) as api,
    ):
        dataset = (await upload(api, (tmp_path / "spectra",), "Hα"))["dataset"]["id"]
        jobs = [await train(api, dataset, node) for node in ("engine", "cluster")]
        staged = images_there(cluster)
        jobs.append(await train(api, dataset, "cluster"))
        views = [await api.get(f"/jobs/{job['id']}/views/confusion") for job in jobs]
        [node] = [found for found in (await api.get("/nodes"))["nodes"] if found["name"] == "cluster"]
    assert [job["phase"] for job in jobs] == ["COMPLETED"] * 3, [job["reason"] for job in jobs]
    assert len({json.dumps(job["metrics"], sort_keys=True) for job in jobs}) == 1
    assert len({json.dumps(view["view"]["data"]["counts"]) for view in views}) == 1
    # Images of other modules, which are staged in advance, may have come meanwhile.
    assert staged.items() <= images_there(cluster).items()
    assert any("containers" in path for path in staged)
    assert len([*(on_cluster(cluster) / "data").iterdir()]) == 1  # the dataset was copied once
    assert node["ok"]
    assert node["version"].startswith("slurm-wlm ")
    assert set(node["details"]["nodes"]) == {"n1", "n2"}
    assert "short (up to 1:00)" in node["details"]["partitions"]


async def watch(api: Api, dataset: str) -> tuple[dict[str, Any], set[tuple[str, float]], list[int]]:
    """Train on the cluster; return the job, the steps that were seen while it ran, its log's sizes then."""
    request = {
        "module": "rdf",
        "dataset": dataset,
        "node": "cluster",
        "parameters": {**PARAMETERS, "trees": 600},
    }
    job = (await api.post("/jobs", request))["job"]
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
        here = await train(api, dataset["id"], "engine", parameters=MANY)
    assert (job["phase"], here["phase"]) == ("COMPLETED", "COMPLETED"), job["reason"] or here["reason"]
    assert job["metrics"] == here["metrics"]
    assert len(steps) >= 3, steps
    assert sizes[-1] > 0


async def artefacts(api: Api, job: dict[str, Any]) -> dict[str, str]:
    """Return what a job left: path to hash, but for what names the job itself, and times."""
    own = {"exit.json", "log.txt", "progress.jsonl", "metrics.jsonl", "model/model.json"}
    kept = (await api.get(f"/jobs/{job['id']}"))["artefacts"]
    return {one["path"]: one["sha256"] for one in kept if one["path"] not in own}


async def test_preprocessing_in_parts_is_one_array_and_leaves_what_one_run_does(
    module_images: str, cluster: dict[str, Any], tmp_path: Path
) -> None:
    write_folder(tmp_path / "spectra", 60, seed=3)
    (tmp_path / "spectra" / "broken.fits").write_bytes(b"SIMPLE  =                    T")
    request = {"module": "preprocessing", "parameters": {"reduction": "pca", "components": 5}}
    async with (
        serving(platform(tmp_path / "home", module_images, cluster)) as served,
        connect(served.connection) as api,
    ):
        dataset = (await upload(api, (tmp_path / "spectra",), "Hα"))["dataset"]["id"]
        one = await train(api, dataset, "cluster", **request)
        parts = await train(
            api, dataset, "cluster", **request, resources={"cpus": 2, "memory_mb": 1100, "parts": 3}
        )
        engine = await train(
            api, dataset, "engine", **request, resources={"cpus": 2, "memory_mb": 1100, "parts": 3}
        )
        made = [await artefacts(api, job) for job in (one, parts)]
        logs = [
            (await api.bytes(f"/jobs/{job['id']}/log", format="text")).decode() for job in (parts, engine)
        ]
    assert [job["phase"] for job in (one, parts, engine)] == ["COMPLETED"] * 3, [
        one["reason"],
        parts["reason"],
    ]
    assert made[0] == made[1]
    assert "features.parquet" in made[0]
    assert one["metrics"] == parts["metrics"] == engine["metrics"]
    assert "--- part 3 of 3 ---" in logs[0]
    assert "not prepared in 3 parts: this node has no job arrays" in logs[1]


async def page_script(api: Api) -> str:
    """Return the batch script of the module's page."""
    async with asyncio.timeout(300):
        while not (page := await api.get("/modules/rdf"))["description"]:  # its image is being asked
            await asyncio.sleep(0.2)
    [slurm] = [command["text"] for command in page["commands"] if command["title"] == "Slurm"]
    return str(slurm)


async def test_the_script_of_the_modules_page_trains_without_the_platform(
    module_images: str, cluster: dict[str, Any], tmp_path: Path
) -> None:
    async with (
        serving(platform(tmp_path / "home", module_images, cluster)) as served,
        connect(served.connection) as api,
    ):
        text = await page_script(api)
    place = on_cluster(cluster).with_name(f"{on_cluster(cluster).name}-manual")
    write_folder(place / "my-spectra", 30, seed=3)
    (place / "train.sh").write_text(text.replace('"trees": 300', '"trees": 10'))
    shutil.chown(place, USER)
    before = [line.removeprefix("#   ") for line in text.splitlines() if line.startswith("#   ")]
    commands = [
        f"cd {place}",
        f"export UDOCKER_DIR={place}/udocker UDOCKER_TARBALL={TARBALL}",
        "udocker install",
    ]
    commands += [*before, "sbatch --wait train.sh || (cat rdf-*.log; exit 1)"]
    login = urlsplit(URL)
    done = await asyncio.to_thread(
        subprocess.run,
        ["ssh", "-p", str(login.port), "-i", KEY, "-o", f"UserKnownHostsFile={KNOWN_HOSTS}",
         f"{login.username}@{login.hostname}", "set -e; " + "; ".join(commands)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert (place / "job" / "out" / "model" / "model.json").is_file()
    finally:
        shutil.rmtree(place)
