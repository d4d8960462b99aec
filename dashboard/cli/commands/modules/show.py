"""`huggins modules`: list and describe modules."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

import click

from dashboard.cli.api import Api, connect
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table

TIMEOUT_S = 180  # an image may have to be pulled before it is described
LOOK_EVERY_S = 0.3


@click.command("list")
@click.argument("name", required=False)
@click.option("--search", "-s", default="", help="Words to search for.")
@json_option
@run_async
async def list_modules(name: str | None, search: str, as_json: bool) -> None:
    """List the modules, or show the one of that NAME with its parameters."""
    async with connect() as api:
        found = await _described(api, name) if name else await api.get("/", q=search)
    if as_json:
        show_json(found)
    elif name:
        _show_one(found)
    else:
        rows = [(entry["name"], entry["version"], entry["summary"]) for entry in found["modules"]]
        show_table(("name", "version", "summary"), rows, "No module matches.")


async def _described(api: Api, name: str) -> dict[str, Any]:
    """Return a module after its parameters have been read from its image."""
    async with asyncio.timeout(TIMEOUT_S):
        while True:
            found: dict[str, Any] = await api.get(f"/modules/{quote(name, safe='')}")
            if found["described"]["state"] != "asking":
                return found
            await asyncio.sleep(LOOK_EVERY_S)


def _show_one(found: dict[str, Any]) -> None:
    module = found["module"]
    show_fields({key: module[key] for key in ("title", "version", "image", "summary") if key in module})
    if found["description"] is None:
        raise click.ClickException(
            f"its parameters cannot be read from its image: {found['described']['reason']}"
        )
    parameters = found["description"]["train"]
    console.print("\n[bold]Training parameters[/bold]")
    rows = [(p["name"], p["type"], p.get("default"), _range(p), p["help"]) for p in parameters]
    show_table(("name", "type", "default", "range", "description"), rows, "None.")


def _range(parameter: dict[str, object]) -> str:
    if parameter.get("choices"):
        return ", ".join(map(str, parameter["choices"]))  # type: ignore[call-overload]  # a list, by the contract
    low, high = parameter.get("minimum"), parameter.get("maximum")
    return (
        ""
        if low is None and high is None
        else f"{'' if low is None else low} … {'' if high is None else high}"
    )
