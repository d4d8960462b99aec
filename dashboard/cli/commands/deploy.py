"""`huggins deploy` (also `huggins deployments`): put models on the air, change them, take them off."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.deploy_tokens import tokens
from dashboard.cli.commands.deploy_versions import canary, promote, rollback, served_options, versions
from dashboard.cli.deployment import COUNTS, change, counts, said, show_deployment, until_ready
from dashboard.cli.output import console, json_option, run_async, show_json, show_table

ACCESS = click.Choice(["public", "users", "tokens"])
SCALING = {
    "minimum": click.option("--min", "minimum", type=int, help="Replicas at least; 0: none when idle."),
    "maximum": click.option("--max", "maximum", type=int, help="Replicas, at most."),
    "concurrency": click.option("--concurrency", type=int, help="Calls at once that suit a replica."),
    "idle_s": click.option("--idle", "idle_s", type=float, help="Seconds without a call until none runs."),
    "stabilisation_s": click.option(
        "--stabilisation", "stabilisation_s", type=float, help="Seconds of less load until one goes."
    ),
    "standby": click.option("--standby", type=int, help="Replicas kept ready beyond what the load needs."),
}
access_option = click.option("--access", type=ACCESS, help="Who may call it.")
node_option = click.option("--node", "nodes", multiple=True, help="Where it runs; may be repeated.")


def scaling_options(command: Any) -> Any:
    """Let a command take what says how many replicas there are."""
    for option in reversed(SCALING.values()):
        command = option(command)
    return command


@click.group()
def deploy() -> None:
    """Put trained models on the air and keep them there."""


for part in (versions, canary, promote, rollback, tokens):
    deploy.add_command(part)


@deploy.command("list")
@json_option
@run_async
async def list_deployments(as_json: bool) -> None:
    """List what is on the air, with the calls of the last hour."""
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
        "Nothing yet: huggins deploy add NAME --model ID",
    )


@deploy.command("add")
@click.argument("name")
@served_options
@node_option
@access_option
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
    as_json: bool,
    **scaling: float | None,
) -> None:
    """Put a model on the air under NAME and wait until it answers."""
    wish = {
        "name": name,
        "model": model,
        "job": job,
        "module": module,
        "nodes": list(nodes),
        "access": access,
    }
    async with connect() as api:
        await api.post("/deployments", said(wish) | _scaling(scaling))
        found = await until_ready(api, name)
    show_json(found) if as_json else show_deployment(found)


@deploy.command("show")
@click.argument("name")
@json_option
@run_async
async def show(name: str, as_json: bool) -> None:
    """Show a deployment: how it is, its replicas and its versions."""
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
    """Change how a deployment scales, where it runs and who may call it; what is not named stays."""
    wish = said({"nodes": list(nodes), "access": access}) | _scaling(scaling)
    if not wish:
        raise click.UsageError("say what is to change: --min, --max, --access, --node …")
    await change(name, "settings", wish, as_json)


@deploy.command("enable")
@click.argument("name")
@json_option
@run_async
async def enable(name: str, as_json: bool) -> None:
    """Put a disabled deployment on the air again and wait until it answers."""
    async with connect() as api:
        await api.post(f"/deployments/{name}/enable")
        found = await until_ready(api, name)
    show_json(found) if as_json else show_deployment(found)


@deploy.command("disable")
@click.argument("name")
@json_option
@run_async
async def disable(name: str, as_json: bool) -> None:
    """Take a deployment off the air but keep it."""
    await change(name, "disable", {}, as_json)


@deploy.command("usage")
@click.argument("name")
@click.option("--hours", type=click.IntRange(1, 168), default=24, show_default=True, help="How far back.")
@json_option
@run_async
async def usage(name: str, hours: int, as_json: bool) -> None:
    """Count what was asked of a deployment, by version and by token."""
    async with connect() as api:
        found = await api.get(f"/deployments/{name}/usage", hours=hours)
    if as_json:
        show_json(found)
        return
    rows = [(f"version {number}", *counts(sums)) for number, sums in found["versions"].items()]
    rows += [(f"token {one}" if one else "no token", *counts(sums)) for one, sums in found["tokens"].items()]
    show_table(
        ("by", *COUNTS), [*rows, ("all", *counts(found["total"]))] if rows else [], "Nobody called it."
    )


@deploy.command("log")
@click.argument("name")
@click.option(
    "--lines", type=click.IntRange(1, 10_000), default=200, show_default=True, help="The last ones."
)
@run_async
async def log(name: str, lines: int) -> None:
    """Print what a replica wrote last: of one that failed, where there is one."""
    async with connect() as api:
        text = await api.bytes(f"/deployments/{name}/log", lines=lines)
    click.echo(text.decode("utf-8", "replace"), nl=False)


@deploy.command("delete")
@click.argument("name")
@click.confirmation_option(prompt="Take it off the air and forget it?")
@run_async
async def delete(name: str) -> None:
    """Take a deployment off the air and forget it."""
    async with connect() as api:
        await api.delete(f"/deployments/{name}")
    console.print(f"[green]✓[/green] {name} is off the air")


def _scaling(scaling: dict[str, float | None]) -> dict[str, Any]:
    said = {key: value for key, value in scaling.items() if value is not None}
    return {"scaling": said} if said else {}
