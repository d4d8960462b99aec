"""`huggins train`: start a job and follow it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.data import dataset_id
from dashboard.cli.commands.jobs import follow, show_job
from dashboard.cli.deployment import until_ready
from dashboard.cli.output import json_option, run_async, show_json
from dashboard.cli.parameter import parameter_of


@click.command()
@click.argument("module")
@click.argument("dataset")
@click.option(
    "--set", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the module."
)
@click.option(
    "--recipe", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="JSON file of a recipe."
)
@click.option("--node", default="any", help="Where to run it.")
@click.option("--label", default="", help="A word to find the job by.")
@click.option("--cpus", type=float, help="Processors.")
@click.option("--memory-mb", type=int, help="Memory in MB.")
@click.option("--gpus", type=int, help="GPUs.")
@click.option("--need", "labels", multiple=True, metavar="LABEL", help="A label that the node must have.")
@click.option("--notify/--no-notify", default=None, help="Tell me of its end, or not, whatever I have set.")
@click.option("--walltime-s", type=int, help="Seconds after which it is stopped.")
@click.option("--parts", type=int, help="Tasks of a job array that share the preparing (Slurm).")
@click.option(
    "--retry",
    multiple=True,
    metavar="FAILURE[:TIMES]",
    help="Try again after: node_failure, out_of_memory, time_limit, preempted, not_started, error, unknown.",
)
@click.option(
    "--deploy", "deployment", default="", metavar="NAME", help="Put the model on the air under NAME."
)
@click.option("--detach", "-d", is_flag=True, help="Do not wait for the end.")
@json_option
@run_async
async def train(
    module: str,
    dataset: str,
    parameters: tuple[str, ...],
    recipe: Path | None,
    node: str,
    label: str,
    retry: tuple[str, ...],
    labels: tuple[str, ...],
    notify: bool | None,
    deployment: str,
    detach: bool,
    as_json: bool,
    **resources: float | None,
) -> None:
    """Train MODULE on DATASET (its id or name) and follow the job to its end."""
    if deployment and detach:
        raise click.UsageError("--deploy waits for the end of the training: leave out --detach")
    wish: dict[str, Any] = {"module": module, "node": node, "label": label}
    wish["parameters"] = dict(map(parameter_of, parameters))
    wish["resources"] = {name: value for name, value in resources.items() if value is not None}
    if labels:
        wish["resources"]["labels"] = list(labels)
    if notify is not None:
        wish["notify"] = "yes" if notify else "no"
    if retry:
        wish["retry"] = ", ".join(retry)
    if recipe is not None:
        wish["recipe"] = json.loads(recipe.read_text("utf-8"))
    async with connect() as api:
        wish["dataset"] = await dataset_id(api, dataset)
        job = (await api.post("/jobs", wish))["job"]
        if not detach:
            job = await follow(api, job["id"], quiet=as_json)
        if deployment and job["phase"] == "COMPLETED":
            await api.post("/deployments", {"name": deployment, "job": job["id"]})
            await until_ready(api, deployment)
    if as_json:
        show_json(job)
    else:
        show_job(job)
    if job["phase"] in ("ERROR", "ABORTED"):
        raise SystemExit(1)
