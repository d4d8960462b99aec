"""`huggins train`: start a job and follow it."""

from __future__ import annotations

import json
from typing import Any, TextIO
from urllib.parse import quote

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.commands.data import dataset_id
from dashboard.cli.commands.jobs import follow, show_job
from dashboard.cli.commands.predict import model_id
from dashboard.cli.deployment import until_ready
from dashboard.cli.output import json_option, run_async, show_json
from dashboard.cli.parameter import parameter_of, values_of
from wire.printable import printable


@click.command()
@click.argument("module")
@click.argument("dataset", required=False, default="")
@click.option(
    "--set", "-p", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter of the module."
)
@click.option(
    "--recipe", type=click.File(encoding="utf-8"), help="JSON file of a recipe; - reads standard input."
)
@click.option("--node", default="any", help="Node of the job.")
@click.option("--label", default="", help="Label of the job.")
@click.option("--note", default="", help="Note on the job.")
@click.option(
    "--exclude", multiple=True, metavar="CLASS", help="Leave out the spectra of CLASS; '': those without one."
)
@click.option(
    "--label-version", default="", metavar="VERSION", help="Learn from a version of a label set (its id)."
)
@click.option("--start", default="", metavar="MODEL", help="Start from MODEL (its id or name).")
@click.option("--cpus", type=float, help="Processors.")
@click.option("--memory-mb", type=int, help="Memory in MB.")
@click.option("--gpus", type=int, help="GPUs.")
@click.option(
    "--need",
    "labels",
    multiple=True,
    metavar="LABEL",
    help="A label that the node must have; may be repeated.",
)
@click.option("--notify/--no-notify", default=None, help="Notify when the job ends; overrides the settings.")
@click.option("--walltime-s", type=int, help="Time limit in seconds.")
@click.option("--parts", type=int, help="Tasks of a job array that share the preprocessing (Slurm).")
@click.option(
    "--retry",
    multiple=True,
    metavar="FAILURE[:TIMES]",
    help="Retry after: node_failure, out_of_memory, time_limit, preempted, not_started, error, unknown.",
)
@click.option(
    "--sweep",
    "sweep",
    multiple=True,
    metavar="NAME=VALUES",
    help="Try VALUES (a JSON list, or separated by commas): a job for each combination, at most 20.",
)
@click.option("--sample", type=click.IntRange(min=1), help="Of --sweep: draw so many combinations at random.")
@click.option("--deploy", "deployment", default="", metavar="NAME", help="Deploy the model as NAME.")
@click.option("--detach", "-d", is_flag=True, help="Do not wait until the job ends.")
@json_option
@run_async
async def train(
    module: str,
    dataset: str,
    parameters: tuple[str, ...],
    recipe: TextIO | None,
    node: str,
    label: str,
    note: str,
    retry: tuple[str, ...],
    labels: tuple[str, ...],
    notify: bool | None,
    exclude: tuple[str, ...],
    label_version: str,
    start: str,
    deployment: str,
    detach: bool,
    as_json: bool,
    sweep: tuple[str, ...],
    sample: int | None,
    **resources: float | None,
) -> None:
    """Train MODULE on DATASET (its id or name) and follow the job until it ends.

    A third-party module without an argument for data takes no DATASET.
    """
    if deployment and (detach or sweep):
        raise click.UsageError("--deploy waits until the training ends: omit --detach and --sweep")
    request: dict[str, Any] = {"module": module, "node": node, "label": label, "note": note}
    request["excluded"] = list(exclude)
    request["parameters"] = dict(map(parameter_of, parameters))
    request["resources"] = {name: value for name, value in resources.items() if value is not None}
    request["resources"] |= {"labels": list(labels)} if labels else {}
    request |= _said(notify, retry, recipe)
    async with connect() as api:
        request["dataset"] = await dataset_id(api, dataset) if dataset else ""
        request |= {"start": await model_id(api, start)} if start else {}
        request |= {"label_version": label_version} if label_version else {}
        if sweep:
            await _sweep(api, request | {"values": dict(map(values_of, sweep)), "sample": sample}, as_json)
            return
        await _tell_notes(api, request)
        job = (await api.post("/jobs", request))["job"]
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


def _said(notify: bool | None, retry: tuple[str, ...], recipe: TextIO | None) -> dict[str, Any]:
    """Return the fields of a request that are left out where nothing is said."""
    said: dict[str, Any] = {}
    if notify is not None:
        said["notify"] = "yes" if notify else "no"
    if retry:
        said["retry"] = ", ".join(retry)
    if recipe is not None:
        said["recipe"] = _recipe(recipe)
    return said


async def _sweep(api: Api, request: dict[str, Any], as_json: bool) -> None:
    """Create the jobs of a sweep, and print them with the address where they are compared."""
    made = await api.post("/sweeps", request)
    if as_json:
        show_json(made)
        return
    for job in made["jobs"]:
        click.echo(printable(f"{job['id']}  {job['label']}"))
    if made["left"]:
        click.echo(printable(f"{made['left']} were not created: {made['reason']}"), err=True)
    click.echo(f"Compare them at {made['compare']} of the dashboard.")


async def _tell_notes(api: Api, request: dict[str, Any]) -> None:
    """Print the notes of a request's check; its errors are what the request itself is answered with."""
    checked = await api.post(f"/modules/{quote(request['module'], safe='')}/check", request)
    for text in checked.get("notes", ()):
        click.echo(printable(f"Note: {text}"), err=True)


def _recipe(file: TextIO) -> Any:
    try:
        return json.load(file)
    except ValueError as error:
        raise click.ClickException(f"the recipe {file.name} is no JSON: {error}") from error
