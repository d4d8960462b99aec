"""Models of real LAMOST spectra asked about other ones: in processes, in Docker, from the command line."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from astropy.io import fits
from astropy.io.votable import parse_single_table

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import follow
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from tests.integration.story.test_demo import HUGGINS

CLASSES = "AFGK"
TRAINED, ASKED = 12, 6  # of each class


@pytest.fixture(scope="module")
def stars(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with ``known`` and ``new``: LAMOST stars with labels, of other stars each."""
    folder = tmp_path_factory.mktemp("stars")
    with (data_folder / "lamost" / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["cls"] == "STAR" and row["fmt"].startswith("LRS")]
    taken: Counter[str] = Counter()
    for row in rows:
        label = row["subclass"][:1]
        if label not in CLASSES or taken[label] >= TRAINED + ASKED:
            continue
        part = folder / ("known" if taken[label] < TRAINED else "new")
        taken[label] += 1
        part.mkdir(exist_ok=True)
        source = data_folder / "lamost" / row["file"]
        shutil.copyfile(source, part / source.name)
        with (part / "labels.csv").open("a") as labels:
            if not labels.tell():
                labels.write("path,label\n")
            labels.write(f"{source.name},{label}\n")
    (folder / "new" / "others").mkdir()
    lines = [f"{wavelength},{1 + wavelength % 7}" for wavelength in range(4000, 5000, 2)]
    (folder / "new" / "others" / "blue.csv").write_text("\n".join(["wavelength,flux", *lines]))  # without Hα
    return folder


def labels_of(folder: Path) -> dict[str, str]:
    with (folder / "labels.csv").open(newline="") as file:
        return {row["path"]: row["label"] for row in csv.DictReader(file)}


async def train(api: Api, module: str, dataset: str, node: str, **parameters: Any) -> str:
    """Train; return the model."""
    intent = {"module": module, "dataset": dataset, "node": node, "parameters": parameters}
    job = await follow(api, (await api.post("/jobs", intent))["job"]["id"], quiet=True)
    assert job["phase"] == "COMPLETED", job["reason"]
    return str((await api.get(f"/jobs/{job['id']}"))["model"]["id"])


async def predict(api: Api, model: str, dataset: str, node: str = "local") -> dict[str, Any]:
    job = (await api.post(f"/models/{model}/predictions", {"dataset": dataset, "node": node}))["job"]
    done = await follow(api, job["id"], quiet=True)
    assert done["phase"] == "COMPLETED", done["reason"]
    return done


async def table(api: Api, job: str) -> Any:
    return pq.read_table(io.BytesIO(await api.bytes(f"/jobs/{job}/artefacts/predictions.parquet")))


async def test_real_stars_are_predicted_by_forest_and_map(stars: Path, tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path / "home", server=ServerSettings(port=0), nodes={"local": NodeSettings(kind="process")}
    )
    async with serving(settings) as served, connect(served.connection) as api:
        known = (await upload(api, (stars / "known",), "known stars"))["dataset"]["id"]
        new = (await upload(api, (stars / "new",), "new stars"))["dataset"]["id"]
        forest, plane = await asyncio.gather(
            train(api, "rdf", known, "local", trees=50, folds=2, seed=1),
            train(api, "som", known, "local", rows=4, columns=4, epochs=5, seed=1),
        )
        job = await predict(api, forest, new)
        await _files(api, job["id"], stars / "new")
        report = await api.get(f"/jobs/{job['id']}/views/confusion")
        count = len(labels_of(stars / "new"))
        assert np.sum(report["view"]["data"]["counts"]) == job["metrics"]["spectra_predicted"] == count > 10
        assert job["metrics"]["accuracy"] > 0.4  # four classes, a dozen stars of each to learn from
        [rejected] = (await api.get(f"/jobs/{job['id']}/views/rejected"))["view"]["data"]["rows"]
        assert rejected[0] == "others/blue.csv"
        await _behind_a_bar(api, job["id"], new)
        placed = await predict(api, plane, new)
        mapped = await api.get(f"/jobs/{placed['id']}/views/map")
        assert np.sum(mapped["view"]["data"]["hits"]) == count
        await _prepared(api, forest, job["id"], tmp_path)
        await _command_line(tmp_path / "home", forest, count)


async def _files(api: Api, job: str, folder: Path) -> None:
    """Compare the three files with each other and with the headers."""
    parquet = await table(api, job)
    votes = parse_single_table(
        io.BytesIO(await api.bytes(f"/jobs/{job}/artefacts/predictions.vot")), verify="exception"
    ).to_table()
    text = (await api.bytes(f"/jobs/{job}/artefacts/predictions.csv")).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert parquet.column_names == list(votes.colnames) == list(rows[0])
    assert parquet["label"].to_pylist() == list(votes["label"]) == [row["label"] for row in rows]
    for row in parquet.to_pylist():
        header = fits.getheader(folder / row["path"])
        assert (row["ra"], row["dec"]) == pytest.approx((header["RA"], header["DEC"]), abs=1e-6)
    labels = labels_of(folder)
    assert {row["path"]: row["dataset_label"] for row in parquet.to_pylist()}.items() <= labels.items()


async def _behind_a_bar(api: Api, job: str, dataset: str) -> None:
    """Walk from a bar of the predicted classes to an original spectrum."""
    data = (await api.get(f"/jobs/{job}/views/predicted"))["view"]["data"]
    bar = int(np.argmax(data["counts"]))
    behind = await api.get(f"/jobs/{job}/views/predicted/marks/{bar}")
    assert behind["title"] == f"class {data['names'][bar]}"
    assert behind["total"] == data["counts"][bar]
    assert behind["rows"][0]["url"].startswith(f"/data/{dataset}/spectra/")


async def _prepared(api: Api, model: str, job: str, folder: Path) -> None:
    """Ask about what the first job prepared: the same answers."""
    (folder / "prepared").mkdir()
    (folder / "prepared" / "features.parquet").write_bytes(
        await api.bytes(f"/jobs/{job}/artefacts/features.parquet")
    )
    made = (await api.post("/data", {"name": "prepared", "kind": "features"}))["dataset"]["id"]
    await api.put_file(f"/data/{made}/files/features.parquet", folder / "prepared" / "features.parquet")
    await api.post(f"/data/{made}/done")
    async with asyncio.timeout(60):
        while (await api.get(f"/data/{made}"))["dataset"]["state"] == "indexing":
            await asyncio.sleep(0.1)
    again = await predict(api, model, made)
    assert (await table(api, again["id"]))["label"] == (await table(api, job))["label"]


async def _command_line(home: Path, model: str, count: int) -> None:
    def run(*command: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "HUGGINS_HOME": str(home)}
        return subprocess.run(
            [HUGGINS, "predict", *command], env=environment, capture_output=True, text=True, check=False
        )

    done = await asyncio.to_thread(run, "new stars", "--model", model, "--follow", "--json")
    assert done.returncode == 0, done.stderr
    job = json.loads(done.stdout)
    assert (job["phase"], job["metrics"]["spectra_predicted"]) == ("COMPLETED", count)
    wrong = await asyncio.to_thread(run, "new stars", "--model", "nothing")
    assert (wrong.returncode, "there is no model 'nothing'" in wrong.stderr) == (1, True)
    unclear = await asyncio.to_thread(run, "new stars")
    assert (unclear.returncode, "give files" in unclear.stderr) == (2, True)


@pytest.mark.docker
async def test_real_stars_are_predicted_in_a_container(
    module_images: str, stars: Path, tmp_path: Path
) -> None:
    settings = Settings(
        home=tmp_path / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(image=module_images),
        nodes={"docker": NodeSettings(kind="docker")},
    )
    async with serving(settings) as served, connect(served.connection) as api:
        known = (await upload(api, (stars / "known",), "known stars"))["dataset"]["id"]
        new = (await upload(api, (stars / "new",), "new stars"))["dataset"]["id"]
        model = await train(api, "rdf", known, "docker", trees=20, folds=2, seed=1)
        job = await predict(api, model, new, "docker")
        await _files(api, job["id"], stars / "new")
        rejected = (await api.bytes(f"/jobs/{job['id']}/artefacts/rejected.csv")).decode()
    assert rejected.splitlines()[1].startswith("others/blue.csv,")
    assert "/job/" not in rejected
