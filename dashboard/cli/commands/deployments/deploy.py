"""`huggins deploy` (also `huggins deployments`): deploy models, change and delete deployments."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.deployments.tokens import tokens
from dashboard.cli.commands.deployments.versions import canary, promote, rollback, served_options, versions
from dashboard.cli.deployment import COUNTS, change, counts, given, show_deployment, until_ready
from dashboard.cli.output import console, json_option, run_async, show_json, show_table
from wire.printable import printable

ACCESS = click.Choice(["public", "users", "tokens"])
SCALING = {
    "minimum": click.option("--min", "minimum", type=int, help="Fewest replicas; 0: scale to zero."),
    "maximum": click.option("--max", "maximum", type=int, help="Most replicas."),
    "concurrency": click.option("--concurrency", type=int, help="Concurrent calls per replica."),
    "idle_s": click.option("--idle", "idle_s", type=float, help="Scale-to-zero timeout in seconds."),
    "stabilisation_s": click.option(
        "--stabilisation", "stabilisation_s", type=float, help="Seconds of lower load until a replica stops."
    ),
    "standby": click.option("--standby", type=int, help="Standby replicas, beyond the load."),
}
access_option = click.option("--access", type=ACCESS, help="Who may call it.")
node_option = click.option("--node", "nodes", multiple=True, help="Node of the replicas; may be repeated.")


def scaling_options(command: Any) -> Any:
    """Add the scaling options to a command."""
    for option in reversed(SCALING.values()):
        command = option(command)
    return command


@click.group()
def deploy() -> None:
    """Deploy trained models and manage their deployments."""


for part in (versions, canary, promote, rollback, tokens):
    deploy.add_command(part)


@deploy.command("list")
@json_option
@run_async
async def list_deployments(as_json: bool) -> None:
    """List the deployments, with the calls of the last hour."""
    async with connect() as api:
        found = await api.get("/deployments")
    if as_json:
        show_json(found)
        return
    rows = [
        (d["name"], d["module"], d["model"], d["state"], d["last_hour"]["requests"], d["reason"])
        for d in found["deployments"]
    ]
    show_table(
        ("name", "module", "model", "state", "calls", "reason"),
        rows,
        "No deployments yet: huggins deploy add NAME --model ID",
    )


@deploy.command("add")
@click.argument("name")
@served_options
@node_option
@access_option
@click.option("--training", is_flag=True, help="Let its replicas train too, for tokens of scope all.")
@scaling_options
@json_option
@run_async
async def add(
    name: str,
    model: str,
    job: str,
    module: str,
    nodes: tuple[str, ...],
    access: str | None,
    training: bool,
    as_json: bool,
    **scaling: float | None,
) -> None:
    """Deploy a model under NAME and wait until it answers."""
    body = {
        "name": name,
        "model": model,
        "job": job,
        "module": module,
        "nodes": list(nodes),
        "access": access,
        "training": training or None,
    }
    async with connect() as api:
        await api.post("/deployments", given(body) | _scaling(scaling))
        found = await until_ready(api, name)
    show_json(found) if as_json else show_deployment(found)


@deploy.command("show")
@click.argument("name")
@json_option
@run_async
async def show(name: str, as_json: bool) -> None:
    """Show a deployment: its status, replicas and versions."""
    async with connect() as api:
        found = (await api.get(f"/deployments/{name}"))["deployment"]
    show_json(found) if as_json else show_deployment(found)


@deploy.command("settings")
@click.argument("name")
@node_option
@access_option
@scaling_options
@json_option
@run_async
async def settings(
    name: str, nodes: tuple[str, ...], access: str | None, as_json: bool, **scaling: float | None
) -> None:
    """Change scaling, nodes and access of a deployment; other settings keep their value."""
    body = given({"nodes": list(nodes), "access": access}) | _scaling(scaling)
    if not body:
        raise click.UsageError("say what is to change: --min, --max, --access, --node …")
    await change(name, "settings", body, as_json)


@deploy.command("enable")
@click.argument("name")
@json_option
@run_async
async def enable(name: str, as_json: bool) -> None:
    """Enable a deployment and wait until it answers."""
    async with connect() as api:
        await api.post(f"/deployments/{name}/enable")
        found = await until_ready(api, name)
    show_json(found) if as_json else show_deployment(found)


@deploy.command("disable")
@click.argument("name")
@json_option
@run_async
async def disable(name: str, as_json: bool) -> None:
    """Disable a deployment: stop its replicas and keep it."""
    await change(name, "disable", {}, as_json)


@deploy.command("usage")
@click.argument("name")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How far back.")
@json_option
@run_async
async def usage(name: str, hours: int, as_json: bool) -> None:
    """Show the calls of a deployment, by version and by token."""
    async with connect() as api:
        found = await api.get(f"/deployments/{name}/usage", hours=hours)
    if as_json:
        show_json(found)
        return
    rows = [(f"version {number}", *counts(sums)) for number, sums in found["versions"].items()]
    rows += [(f"token {one}" if one else "no token", *counts(sums)) for one, sums in found["tokens"].items()]
    show_table(("by", *COUNTS), [*rows, ("all", *counts(found["total"]))] if rows else [], "No calls.")


@deploy.command("log")
@click.argument("name")
@click.option(
    "--lines", type=click.IntRange(1, 10_000), default=200, show_default=True, help="Number of lines."
)
@run_async
async def log(name: str, lines: int) -> None:
    """Print the end of a replica's log, preferably of a failed replica."""
    async with connect() as api:
        text = await api.bytes(f"/deployments/{name}/log", lines=lines)
    click.echo(printable(text.decode("utf-8", "replace")), nl=False)


@deploy.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Delete the deployment and its tokens?")
@run_async
async def delete(name: str) -> None:
    """Delete a deployment."""
    async with connect() as api:
        await api.delete(f"/deployments/{name}")
    console.print(f"[green]✓[/green] {name} is deleted")


def _scaling(scaling: dict[str, float | None]) -> dict[str, Any]:
    said = {key: value for key, value in scaling.items() if value is not None}
    return {"scaling": said} if said else {}
