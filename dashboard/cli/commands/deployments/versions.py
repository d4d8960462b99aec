"""`huggins deploy versions`, `canary`, `promote`, `rollback`: versions of a deployment."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.deployment import change, given, show_deployment, until_version_ready
from dashboard.cli.output import json_option, run_async, show_json, show_table


def served_options(command: Any) -> Any:
    """Add the options that name a model to a command."""
    command = click.option("--module", default="", help="A module that contains a model.")(command)
    command = click.option("--job", default="", help="The job that trained the model.")(command)
    return click.option("--model", default="", help="A trained model's id.")(command)


@click.group("versions")
def versions() -> None:
    """List a deployment's versions, and add one."""


@versions.command("list")
@click.argument("name")
@json_option
@run_async
async def list_versions(name: str, as_json: bool) -> None:
    """List the versions of a deployment, newest first, with their shares of the calls."""
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
    show_table(("version", "share", "module", "model", "created"), rows, "No versions.")


@versions.command("add")
@click.argument("name")
@served_options
@click.option("--share", type=click.IntRange(0, 100), default=100, help="Share of the calls in per cent.")
@json_option
@run_async
async def add_version(name: str, model: str, job: str, module: str, share: int, as_json: bool) -> None:
    """Add a version to NAME, as its canary where the share is below 100, and wait until it is ready."""
    body = given({"model": model, "job": job, "module": module}) | {"share": share}
    async with connect() as api:
        made = (await api.post(f"/deployments/{name}/versions", body))["deployment"]
        found = await until_version_ready(api, name, made["versions"][0]["number"])
    show_json(found) if as_json else show_deployment(found)


@click.command("canary")
@click.argument("name")
@click.argument("share", type=click.IntRange(0, 100))
@click.option("--version", type=int, help="The version; by default the canary.")
@json_option
@run_async
async def canary(name: str, share: int, version: int | None, as_json: bool) -> None:
    """Give the canary SHARE per cent of the calls."""
    await change(name, "canary", given({"version": version}) | {"share": share}, as_json)


@click.command("promote")
@click.argument("name")
@click.option("--version", type=int, help="The version; by default the canary.")
@json_option
@run_async
async def promote(name: str, version: int | None, as_json: bool) -> None:
    """Make the canary, or another version, the active one."""
    await change(name, "promote", given({"version": version}), as_json)


@click.command("rollback")
@click.argument("name")
@json_option
@run_async
async def rollback(name: str, as_json: bool) -> None:
    """Stop the canary, else return to the previous version."""
    await change(name, "rollback", {}, as_json)
