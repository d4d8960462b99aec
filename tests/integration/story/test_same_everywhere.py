"""The same training on a process, in Docker and in udocker: one platform, three nodes, equal metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import follow
from dashboard.cli.server import serving
from dashboard.settings import ModulesSettings, NodeSettings, ServerSettings, Settings
from spectra.synthetic import write_folder

NODES = ("process", "docker", "udocker")


@pytest.mark.docker
@pytest.mark.udocker
async def test_three_launchers_train_the_same_forest(
    module_images: str, udocker_engine: None, tmp_path: Path
) -> None:
    write_folder(tmp_path / "spectra", 60, seed=3)
    settings = Settings(
        home=tmp_path / "home",
        server=ServerSettings(port=0),
        modules=ModulesSettings(image=module_images),
        nodes={kind: NodeSettings(kind=kind) for kind in NODES},
    )
    async with serving(settings) as served, connect(served.connection) as api:
        dataset = (await upload(api, (tmp_path / "spectra",), "Hα"))["dataset"]
        assert dataset["synthetic"]
        jobs = {node: await _train(api, dataset["id"], node) for node in NODES}
        reports = {node: await api.get(f"/jobs/{job['id']}/views/confusion") for node, job in jobs.items()}
    assert {job["phase"] for job in jobs.values()} == {"COMPLETED"}, [job["reason"] for job in jobs.values()]
    metrics = {json.dumps(job["metrics"], sort_keys=True) for job in jobs.values()}
    assert len(metrics) == 1, {node: job["metrics"] for node, job in jobs.items()}
    counts = [report["view"]["data"]["counts"] for report in reports.values()]
    assert counts[0] == counts[1] == counts[2]
    assert sum(map(sum, counts[0])) == 60


async def _train(api: Api, dataset: str, node: str) -> dict[str, Any]:
    intent = {
        "module": "rdf",
        "dataset": dataset,
        "node": node,
        "parameters": {"trees": 20, "folds": 3, "seed": 5},
    }
    job = (await api.post("/jobs", intent))["job"]
    return await follow(api, job["id"], quiet=True)
