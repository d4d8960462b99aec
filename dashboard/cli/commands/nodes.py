"""`huggins nodes`: list, add, drain and test nodes."""

from __future__ import annotations

from typing import Any

import click

from dashboard.cli.api import connect
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table
from dashboard.cli.parameter import parameter_of


@click.group(invoke_without_command=True)
@click.pass_context
def nodes(context: click.Context) -> None:
    """List, add, drain and test nodes; without a command: list them."""
    if context.invoked_subcommand is None:
        context.invoke(list_nodes, as_json=False)


@nodes.command("list")
@json_option
@run_async
async def list_nodes(as_json: bool) -> None:
    """List the nodes with their health."""
    async with connect() as api:
        found = await api.get("/nodes")
    if as_json:
        show_json(found)
        return
    rows = [
        (
            node["name"],
            node["kind"],
            _health(node),
            f"{node['used_cpus']:g}/{node['cpus']:g}",
            len(node["running"]),
            node["reason"] or node["why"],
        )
        for node in found["nodes"]
    ]
    show_table(
        ("name", "kind", "health", "cpus", "jobs", "why"),
        rows,
        "No nodes yet: huggins nodes add NAME --kind KIND",
    )


@nodes.command("show")
@click.argument("node")
@json_option
@run_async
async def show(node: str, as_json: bool) -> None:
    """Show one node."""
    async with connect() as api:
        found = await api.get(f"/nodes/{node}")
    show_json(found) if as_json else _show(found["node"])


@nodes.command("add")
@click.argument("node")
@click.option("--kind", required=True, type=click.Choice(("process", "docker", "udocker", "slurm")))
@click.option("--url", default="", help="ssh://user@host or tcp://host:2376; left out: this machine.")
@click.option("--label", "labels", multiple=True, help="A label that jobs can require; may be repeated.")
@click.option(
    "--set", "-s", "others", multiple=True, metavar="NAME=VALUE", help="Any other key of [nodes.NAME]."
)
@json_option
@run_async
async def add(
    node: str, kind: str, url: str, labels: tuple[str, ...], others: tuple[str, ...], as_json: bool
) -> None:
    """Add NODE."""
    request = {
        "name": node,
        "kind": kind,
        "url": url,
        "labels": list(labels),
        **dict(map(parameter_of, others)),
    }
    async with connect() as api:
        found = await api.post("/nodes", request)
    show_json(found) if as_json else _show(found["node"])


@nodes.command("remove")
@click.argument("node")
@click.confirmation_option(prompt="Remove this node? Nothing on it is changed.")
@run_async
async def remove(node: str) -> None:
    """Remove a node that was added here or on the page."""
    async with connect() as api:
        await api.delete(f"/nodes/{node}")
    console.print(f"[green]✓[/green] {node} is removed")


async def _post(node: str, what: str, as_json: bool) -> None:
    async with connect() as api:
        found = await api.post(f"/nodes/{node}/{what}")
    show_json(found) if as_json else _show(found["node"])


@nodes.command("drain")
@click.argument("node")
@json_option
@run_async
async def drain(node: str, as_json: bool) -> None:
    """Place no new work on NODE; running work continues to its end."""
    await _post(node, "drain", as_json)


@nodes.command("resume")
@click.argument("node")
@json_option
@run_async
async def resume(node: str, as_json: bool) -> None:
    """Place new work on NODE again."""
    await _post(node, "resume", as_json)


@nodes.command("probe")
@click.argument("node")
@json_option
@run_async
async def probe(node: str, as_json: bool) -> None:
    """Probe NODE now."""
    await _post(node, "probe", as_json)


def _health(node: dict[str, Any]) -> str:
    return ("up" if node["ok"] else "down") + (", drained" if node["drained"] else "")


def _show(node: dict[str, Any]) -> None:
    shown = {
        key: node[key] for key in ("name", "kind", "source", "url", "version", "cpus", "memory_mb", "gpus")
    }
    shown |= {"health": _health(node), "labels": ", ".join(node["labels"]), "reason": node["reason"]}
    show_fields({**shown, "running": ", ".join(node["running"]), "last response": node["last_seen"]})
