"""`huggins nodes`: where jobs and deployments can run."""

from __future__ import annotations

import click

from dashboard.cli.api import connect
from dashboard.cli.output import json_option, run_async, show_json, show_table


@click.command()
@json_option
@run_async
async def nodes(as_json: bool) -> None:
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
            "up" if node["ok"] else "down",
            f"{node['used_cpus']:g}/{node['cpus']:g}",
            node["reason"] or node["why"],
        )
        for node in found["nodes"]
    ]
    show_table(("name", "kind", "health", "cpus", "why"), rows, "No node is set up.")
