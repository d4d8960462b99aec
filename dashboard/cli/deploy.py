"""`huggins deploy`: put models on the air and take them off."""

from __future__ import annotations

import asyncio
from typing import Any

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table

LOOK_EVERY_S = 0.2


@click.group()
def deploy() -> None:
    """Put trained models on the air."""


@deploy.command("list")
@json_option
@run_async
async def list_deployments(as_json: bool) -> None:
    """List what is on the air."""
    async with connect() as api:
        found = await api.get("/deployments")
    if as_json:
        show_json(found)
        return
    rows = [(d["name"], d["module"], d["model"], d["condition"], d["reason"]) for d in found["deployments"]]
    show_table(
        ("name", "module", "model", "condition", "reason"),
        rows,
        "Nothing yet: huggins deploy add NAME --model ID",
    )


@deploy.command("add")
@click.argument("name")
@click.option("--model", default="", help="A trained model's id.")
@click.option("--job", default="", help="The job whose model it is.")
@click.option("--module", default="", help="A module that brings a model of its own.")
@click.option("--node", default="any", help="Where to run it.")
@json_option
@run_async
async def add(name: str, model: str, job: str, module: str, node: str, as_json: bool) -> None:
    """Put a model on the air under NAME and wait until it answers."""
    async with connect() as api:
        wish = {"name": name, "model": model, "job": job, "module": module, "node": node}
        await api.post("/deployments", {key: value for key, value in wish.items() if value})
        found = await until_ready(api, name)
    show_json(found) if as_json else _show(found)


@deploy.command("show")
@click.argument("name")
@json_option
@run_async
async def show(name: str, as_json: bool) -> None:
    """Show one deployment."""
    async with connect() as api:
        found = (await api.get(f"/deployments/{name}"))["deployment"]
    show_json(found) if as_json else _show(found)


@deploy.command("enable")
@click.argument("name")
@run_async
async def enable(name: str) -> None:
    """Put a disabled deployment on the air again."""
    async with connect() as api:
        await api.post(f"/deployments/{name}/enable")


@deploy.command("disable")
@click.argument("name")
@run_async
async def disable(name: str) -> None:
    """Take a deployment off the air but keep it."""
    async with connect() as api:
        await api.post(f"/deployments/{name}/disable")


@deploy.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Take it off the air and forget it?")
@run_async
async def delete(name: str) -> None:
    """Take a deployment off the air and forget it."""
    async with connect() as api:
        await api.delete(f"/deployments/{name}")
    console.print(f"[green]✓[/green] {name} is off the air")


async def until_ready(api: Api, name: str) -> dict[str, Any]:
    """Wait until a deployment answers; return it.

    Raises
    ------
    click.ClickException
        If its replica failed: with the reason.
    """
    while True:
        found: dict[str, Any] = (await api.get(f"/deployments/{name}"))["deployment"]
        if found["condition"] == "ready":
            return found
        if found["condition"] == "failed":
            raise click.ClickException(f"{name}: {found['reason']}")
        await asyncio.sleep(LOOK_EVERY_S)


def _show(deployment: dict[str, Any]) -> None:
    show_fields({key: deployment[key] for key in ("name", "module", "model", "node", "condition", "reason")})
