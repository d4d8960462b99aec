"""A home of version 0.1 opens in today's version with everything in it (`make_home` made it)."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

import aiohttp
import pyarrow.parquet as pq

from dashboard.cli.api import Api, connect
from dashboard.cli.deployment import until_ready
from dashboard.cli.server import serving
from tests.integration.old_homes.conftest import OldHome

OWNED = ("jobs", "models", "datasets", "deployments", "deployment_tokens", "deployment_predictions", "nodes")
READY_S = 60


async def test_everything_of_a_home_of_version_0_1_is_there(old_home: OldHome) -> None:
    before = old_home.count()
    async with serving(old_home.settings) as served, connect(served.connection) as api:
        await _dataset(api)
        await _jobs(api)
        await _deployment(api)
        await _settings(api)
        after = old_home.count()
        for table in OWNED:
            rows = old_home.rows(table)
            assert {(row["owner"], row["visibility"], row["project"]) for row in rows} == {
                ("owner", "private", None)
            }, table
        [kept] = old_home.rows("deployment_predictions")
        assert (kept["state"], kept["status"], kept["spectra"]) == ("completed", 200, 1)
        assert (await asyncio.to_thread((Path(kept["folder"]) / "answer").read_bytes)).startswith(b"{")
    del before["tokens"], after["tokens"]  # sessions of the command line
    came_since = after.keys() - before.keys()
    assert {table: count for table, count in after.items() if table not in came_since} == before


async def test_a_model_of_version_0_1_answers_on_a_process_node(old_home: OldHome) -> None:
    spectrum = await asyncio.to_thread(
        lambda: next(old_home.folder.glob("data/*/files/*1.fits")).read_bytes()
    )
    async with serving(old_home.settings) as served, connect(served.connection) as api:
        await api.post("/deployments/forest/enable")
        async with asyncio.timeout(READY_S):
            await until_ready(api, "forest")
        form = aiohttp.FormData()
        form.add_field("data", spectrum, filename="old.fits")
        [result] = (await api.post_form("/predict/forest", form))["predictions"]["results"]
        assert result["label"] in ("absorption", "double peak", "emission")


async def _dataset(api: Api) -> None:
    [dataset] = (await api.get("/data"))["datasets"]
    assert (dataset["name"], dataset["state"]) == ("old spectra", "ready")
    assert (dataset["count"], dataset["rejected"]) == (18, 1)
    assert dataset["classes"] == {"absorption": 5, "double peak": 6, "emission": 7}
    shown = await api.get(f"/data/{dataset['id']}")
    assert [row["number"] for row in shown["spectra"]] == list(range(18))
    assert [file["path"] for file in shown["rejected"]] == ["broken.fits"]
    assert await api.get(f"/data/{dataset['id']}/spectra/0")
    assert len(await api.bytes(f"/data/{dataset['id']}/spectra/0/file")) == 11520


async def _jobs(api: Api) -> None:
    found = (await api.get("/jobs"))["jobs"]
    jobs: dict[str, dict[str, Any]] = {job["label"]: job for job in found}
    phases = {label: job["phase"] for label, job in jobs.items()}
    assert phases == {
        "": "COMPLETED",
        "good forest": "COMPLETED",
        "out of time": "ERROR",
        "stopped map": "ABORTED",
    }
    for job in found:
        shown = await api.get(f"/jobs/{job['id']}")
        assert len(shown["attempts"]) == 1
        assert shown["events"]
        assert shown["artefacts"]
        for view in shown["views"]:
            assert (await api.get(f"/jobs/{job['id']}/views/{view['id']}"))["view"]["data"]
    assert (await api.get(f"/jobs/{jobs['stopped map']['id']}"))["can_resume"]
    assert "Stopped on request" in jobs["out of time"]["reason"]
    assert jobs["out of time"]["retry"] == {"times": {"time_limit": 1}, "backoff_s": 0.1}
    forest = await api.get(f"/jobs/{jobs['good forest']['id']}")
    [model] = (await api.get("/models"))["models"]
    assert (forest["job"]["note"], forest["model"]["id"]) == ("kept for the release", model["id"])
    assert (await api.get(f"/models/{model['id']}"))["model"]["classes"] == [
        "absorption",
        "double peak",
        "emission",
    ]
    table = await api.bytes(f"/jobs/{jobs['']['id']}/artefacts/predictions.parquet")
    assert pq.read_table(io.BytesIO(table)).num_rows == 18


async def _deployment(api: Api) -> None:
    shown = (await api.get("/deployments/forest"))["deployment"]
    assert [version["number"] for version in shown["versions"]] == [2, 1]
    assert (shown["stable"], shown["previous"], shown["enabled"]) == (2, 1, False)
    [token] = (await api.get("/deployments/forest/tokens"))["tokens"]
    assert (token["title"], token["rate"], token["quota"]) == ("the pipeline", 50, 1000)
    usage = await api.get("/deployments/forest/usage")
    assert sum(bucket["requests"] for bucket in usage["buckets"]) == 2


async def _settings(api: Api) -> None:
    node = (await api.get("/nodes/bench"))["node"]
    assert (node["kind"], node["labels"], node["source"]) == ("process", ["quick"], "page")
    settings = await api.get("/settings")
    assert settings["notifications"]["webhook"] == "https://hook.invalid/huggins"
    assert (settings["notifications"]["about"], settings["notifications"]["has_secret"]) == ("failed", True)
    [told] = settings["told"]
    assert (told["event"], told["state"], told["attempts"]) == ("ended", "waiting", 2)
