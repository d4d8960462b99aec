"""`huggins demo`: uploads spectra, trains two methods, deploys one and predicts."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import upload
from dashboard.cli.commands.jobs import follow
from dashboard.cli.commands.predict import predict_files, show_answers
from dashboard.cli.commands.up import load_settings
from dashboard.cli.demo_data import DemoData, find_data
from dashboard.cli.deployment import until_ready
from dashboard.cli.output import console, run_async, show_fields
from dashboard.cli.runtime import find_runtime, on_runtime
from dashboard.cli.server import serving, until_stopped, with_port

POINTS = 400
EDGE = 5.0  # Å excluded at both ends of the common range
MOST = 0.9  # share of spectra that the grid must fit; the others are rejected with a reason
ASKED = 6  # spectra sent to the deployed model
DEPLOYMENT = "demo"


@click.command()
@click.option(
    "--data", type=click.Path(exists=True, file_okay=False, path_type=Path), help="A folder of spectra."
)
@click.option(
    "--stay/--no-stay", default=None, help="Keep the pages up afterwards (default: if this is a terminal)."
)
@click.option("--port", type=int, help="Port to listen on.")
@run_async
async def demo(data: Path | None, stay: bool | None, port: int | None) -> None:
    """Train two methods on spectra, deploy one and predict with it."""
    settings = with_port(load_settings(None), port)
    found = find_data(data, settings.home / "demo")
    console.print(f"Spectra: {found.what}.")
    runtime = await find_runtime(settings)
    runtime.show()
    async with (
        serving(on_runtime(settings, runtime), any_port=True) as served,
        connect(served.connection) as api,
    ):
        address = served.connection.address
        await _tell(api, found, address)
        if stay if stay is not None else sys.stdin.isatty():
            console.print(
                f"\nOpen [bold]{served.link}[/bold] to see the results. Press Ctrl-C to stop.", soft_wrap=True
            )
            await until_stopped()
        else:
            console.print(
                f"\nThe pages were at {address}; [bold]make up[/bold] serves them again with all results."
            )


async def _tell(api: Api, found: DemoData, address: str) -> None:
    console.rule("1. upload")
    dataset = (await upload(api, (found.folder,), found.name))["dataset"]
    show_fields(
        {"spectra": dataset["count"], "rejected": dataset["rejected"], "classes": _counts(dataset["classes"])}
    )
    request = {"dataset": dataset["id"], "recipe": await _recipe(api, dataset["id"], found.window)}
    console.rule("2. train")
    jobs = {"som": await _train(api, {**request, "module": "som", "parameters": {"rows": 8, "columns": 8}})}
    if len(dataset["classes"]) > 1:
        jobs["rdf"] = await _train(api, {**request, "module": "rdf"})
    deployed = "rdf" if "rdf" in jobs else "som"
    console.rule("3. deploy")
    await _deploy(api, jobs[deployed])
    console.rule("4. predict")
    answers = await predict_files(api, DEPLOYMENT, await _some_files(api, dataset, found.folder))
    show_answers(answers)
    _summary(address, dataset, jobs)


async def _train(api: Api, request: Mapping[str, Any]) -> dict[str, Any]:
    job = (await api.post("/jobs", {**request, "label": "demo"}))["job"]
    job = await follow(api, job["id"], title=f"train {request['module']}")
    if job["phase"] != "COMPLETED":
        raise click.ClickException(f"{request['module']}: {job['reason']} (job {job['id']})")
    metrics = {
        name: value for name, value in (job["metrics"] or {}).items() if isinstance(value, int | float)
    }
    show_fields({request["module"]: "trained", **metrics})
    return dict(job)


async def _deploy(api: Api, job: Mapping[str, Any]) -> None:
    listed = (await api.get("/deployments"))["deployments"]
    if any(entry["name"] == DEPLOYMENT for entry in listed):
        await api.delete(f"/deployments/{DEPLOYMENT}")  # of an earlier demo
    await api.post("/deployments", {"name": DEPLOYMENT, "job": job["id"]})
    with console.status("waiting until the deployment is ready …"):
        await until_ready(api, DEPLOYMENT)
    console.print(f"[green]✓[/green] {job['module']} is deployed as [bold]{DEPLOYMENT}[/bold]")


async def _some_files(api: Api, dataset: Mapping[str, Any], folder: Path) -> tuple[Path, ...]:
    """Return files of the dataset, some of each class."""
    labels = list(dataset["classes"]) or [""]
    files: list[Path] = []
    for label in labels:
        rows = (await api.get(f"/data/{dataset['id']}", label=label, size=max(1, ASKED // len(labels))))[
            "spectra"
        ]
        files += [folder / row["path"] for row in rows if (folder / row["path"]).is_file()]
    return tuple(dict.fromkeys(files))[:ASKED]


async def _recipe(api: Api, dataset: str, window: tuple[float, float] | None) -> dict[str, Any]:
    """Return a recipe: a grid over the window (or most spectra's range), divided by the continuum."""
    low, high = window or await _covered(api, dataset)
    grid = {"minimum": math.ceil(low), "maximum": math.floor(high), "points": POINTS}
    steps = [
        {"step": "resample", "method": "flux-conserving", **grid},
        {"step": "continuum", "method": "quantile"},
    ]
    return {"schema": 1, "steps": steps}


async def _covered(api: Api, dataset: str) -> tuple[float, float]:
    rows = (await api.get(f"/data/{dataset}", size=200))["spectra"]
    low = float(np.quantile([row["wavelength_min"] for row in rows], MOST)) + EDGE
    high = float(np.quantile([row["wavelength_max"] for row in rows], 1 - MOST)) - EDGE
    if high - low < 4 * EDGE:
        raise click.ClickException(
            "these spectra have no common wavelength range: use a folder with spectra of one instrument"
        )
    return low, high


def _counts(classes: Mapping[str, int]) -> str:
    return ", ".join(f"{label} {count}" for label, count in classes.items()) or "none"


def _summary(address: str, dataset: Mapping[str, Any], jobs: Mapping[str, Mapping[str, Any]]) -> None:
    console.rule("5. results")
    if "rdf" in jobs:
        metrics = jobs["rdf"]["metrics"]
        console.print(f"held-out accuracy of the forest: [bold]{metrics['accuracy']:.3f}[/bold]")
    show_fields(
        {
            "spectra": f"{address}/data/{dataset['id']}",
            **{f"{module} report": f"{address}/jobs/{job['id']}" for module, job in jobs.items()},
            "try the model": f"{address}/deployments/{DEPLOYMENT}",
        }
    )
