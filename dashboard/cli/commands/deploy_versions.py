"""`huggins deploy versions`, `canary`, `promote`, `rollback`: from one version to the next."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.deployment import change, said, show_deployment, until_version_ready
from dashboard.cli.output import json_option, run_async, show_json, show_table


def served_options(command: Any) -> Any:
    """Let a command take what says which model is meant."""
    command = click.option("--module", default="", help="A module that brings a model of its own.")(command)
    command = click.option("--job", default="", help="The job whose model it is.")(command)
    return click.option("--model", default="", help="A trained model's id.")(command)


@click.group("versions")
def versions() -> None:
    """List a deployment's versions, and add one."""


@versions.command("list")
@click.argument("name")
@json_option
@run_async
async def list_versions(name: str, as_json: bool) -> None:
    """List the versions of a deployment, newest first, and what part of the calls each gets."""
    async with connect() as api:
        found = (await api.get(f"/deployments/{name}"))["deployment"]
    if as_json:
        show_json({"versions": found["versions"]})
        return
    share = {found["stable"]: 100 - found["share"], found["canary"]: found["share"]}
    rows = [
        (one["number"], f"{share.get(one['number'], 0)} %", one["module"], one["model"], one["created"])
        for one in found["versions"]
    ]
    show_table(("version", "share", "module", "model", "made"), rows, "No versions.")


@versions.command("add")
@click.argument("name")
@served_options
@click.option("--share", type=click.IntRange(0, 100), default=100, help="Per cent of the calls; 100: all.")
@json_option
@run_async
async def add_version(name: str, model: str, job: str, module: str, share: int, as_json: bool) -> None:
    """Let another model answer under NAME, or try it with a SHARE, and wait until it is ready."""
    wish = said({"model": model, "job": job, "module": module}) | {"share": share}
    async with connect() as api:
        made = (await api.post(f"/deployments/{name}/versions", wish))["deployment"]
        found = await until_version_ready(api, name, made["versions"][0]["number"])
    show_json(found) if as_json else show_deployment(found)


@click.command("canary")
@click.argument("name")
@click.argument("share", type=click.IntRange(0, 100))
@click.option("--version", type=int, help="Which version; by default the one on trial.")
@json_option
@run_async
async def canary(name: str, share: int, version: int | None, as_json: bool) -> None:
    """Give the version on trial SHARE per cent of the calls."""
    await change(name, "canary", said({"version": version}) | {"share": share}, as_json)


@click.command("promote")
@click.argument("name")
@click.option("--version", type=int, help="Which version; by default the one on trial.")
@json_option
@run_async
async def promote(name: str, version: int | None, as_json: bool) -> None:
    """Let a version answer everything."""
    await change(name, "promote", said({"version": version}), as_json)


@click.command("rollback")
@click.argument("name")
@json_option
@run_async
async def rollback(name: str, as_json: bool) -> None:
    """End the trial, or go back to the version before."""
    await change(name, "rollback", {}, as_json)
