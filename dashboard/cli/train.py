"""`huggins train`: start a job and follow it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.jobs import follow, show_job
from dashboard.cli.output import json_option, run_async, show_json


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
@click.option("--walltime-s", type=int, help="Seconds after which it is stopped.")
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
    detach: bool,
    as_json: bool,
    **resources: float | None,
) -> None:
    """Train MODULE on DATASET and follow the job to its end."""
    wish: dict[str, Any] = {"module": module, "dataset": dataset, "node": node, "label": label}
    wish["parameters"] = dict(parameter_of(text) for text in parameters)
    wish["resources"] = {name: value for name, value in resources.items() if value is not None}
    if recipe is not None:
        wish["recipe"] = json.loads(recipe.read_text("utf-8"))
    async with connect() as api:
        job = (await api.post("/jobs", wish))["job"]
        if not detach:
            job = await follow(api, job["id"], quiet=as_json)
    if as_json:
        show_json(job)
    else:
        show_job(job)
    if job["phase"] in ("ERROR", "ABORTED"):
        raise SystemExit(1)


def parameter_of(text: str) -> tuple[str, Any]:
    """Split ``name=value``; the value is JSON where it can be read as such, else a text.

    Raises
    ------
    click.BadParameter
        If there is no ``=``.
    """
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise click.BadParameter(f"{text!r} is not NAME=VALUE")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value
