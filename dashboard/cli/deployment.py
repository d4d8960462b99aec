"""Changes a deployment, waits for it and prints it; shared by the commands of `huggins deploy`."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.output import console, show_fields, show_json, show_table

LOOK_EVERY_S = 0.2
AT_REST = frozenset({"deployed", "scaled_to_zero", "stopped"})
COUNTS = ("calls", "spectra", "server errors", "client errors", "median", "p95 latency")


async def change(name: str, what: str, body: Mapping[str, Any], as_json: bool) -> None:
    """Post a change of a deployment and print the result.

    Parameters
    ----------
    name, what
        The deployment, and the part of the route that names the change.
    body
        The request.
    as_json
        Whether to print JSON.
    """
    async with connect() as api:
        found = (await api.post(f"/deployments/{name}/{what}", body))["deployment"]
    show_json(found) if as_json else show_deployment(found)


def given(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a request that have a value."""
    return {key: value for key, value in body.items() if value not in (None, "", [])}


async def until_ready(api: Api, name: str) -> dict[str, Any]:
    """Wait until a deployment is deployed, scaled to zero or stopped; return it.

    Raises
    ------
    click.ClickException
        If a replica failed; with the reason.
    """
    while True:
        found: dict[str, Any] = (await api.get(f"/deployments/{name}"))["deployment"]
        if found["state"] in AT_REST:
            return found
        if found["state"] == "failed":
            raise click.ClickException(f"{name}: {found['reason']}")
        await asyncio.sleep(LOOK_EVERY_S)


async def until_version_ready(api: Api, name: str, version: int) -> dict[str, Any]:
    """Wait until a version of a deployment answers; return the deployment.

    Raises
    ------
    click.ClickException
        If a replica failed; with the reason. The previous version continues to serve.
    """
    while True:
        found: dict[str, Any] = (await api.get(f"/deployments/{name}"))["deployment"]
        own = [replica for replica in found["replicas"] if replica["version"] == version]
        if not found["enabled"] or any(replica["state"] == "ready" for replica in own):
            return found
        for replica in own:
            if replica["state"] == "failed":
                raise click.ClickException(f"version {version} of {name}: {replica['reason']}")
        if not own and found["scaling"]["minimum"] == 0:
            return found  # the next call starts it
        await asyncio.sleep(LOOK_EVERY_S)


def show_deployment(deployment: Mapping[str, Any]) -> None:
    """Print a deployment with its replicas."""
    names = ("name", "module", "model", "state", "reason", "access", "node", "predict")
    fields = {key: deployment[key] for key in names if deployment[key] not in ("", None)}
    fields["version"] = deployment["stable"]
    if deployment["canary"] is not None:
        fields["canary"] = f"{deployment['canary']} with {deployment['share']} % of the calls"
    scaling = deployment["scaling"]
    fields["replicas"] = f"{scaling['minimum']} to {scaling['maximum']}"
    show_fields(fields)
    if deployment["replicas"]:
        console.print()
        rows = [
            (one["name"], one["version"], one["node"], one["state"], one["outstanding"], one["reason"])
            for one in deployment["replicas"]
        ]
        show_table(("replica", "version", "node", "state", "calls", "reason"), rows, "")


def counts(sums: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return usage sums as the cells of `COUNTS`."""
    numbers = tuple(sums[key] for key in ("requests", "spectra", "server_errors", "client_errors"))
    return (*numbers, *(None if sums[p] is None else f"{1000 * sums[p]:.1f} ms" for p in ("p50", "p95")))
