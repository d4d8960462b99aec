"""`huggins modules`: what there is to train and call."""

from __future__ import annotations

import click

from dashboard.cli.api import connect
from dashboard.cli.output import console, json_option, run_async, show_fields, show_json, show_table


@click.command()
@click.argument("name", required=False)
@click.option("--search", "-s", default="", help="Words to look for.")
@json_option
@run_async
async def modules(name: str | None, search: str, as_json: bool) -> None:
    """List the modules, or show one with its parameters."""
    async with connect() as api:
        found = await api.get(f"/modules/{name}") if name else await api.get("/", q=search)
    if as_json:
        show_json(found)
    elif name:
        _show_one(found)
    else:
        rows = [(entry["name"], entry["version"], entry["summary"]) for entry in found["modules"]]
        show_table(("name", "version", "what it does"), rows, "No module matches.")


def _show_one(found: dict[str, object]) -> None:
    module = found["module"]
    if not isinstance(module, dict):
        raise click.ClickException("the platform's answer has no module in it")
    show_fields({key: module[key] for key in ("title", "version", "image", "summary") if key in module})
    description = found.get("description")
    parameters = description.get("train", ()) if isinstance(description, dict) else ()
    console.print("\n[bold]Training parameters[/bold]")
    rows = [(p["name"], p["type"], p.get("default"), _range(p), p["help"]) for p in parameters]
    show_table(("name", "type", "default", "allowed", "what it does"), rows, "None.")


def _range(parameter: dict[str, object]) -> str:
    if parameter.get("choices"):
        return ", ".join(map(str, parameter["choices"]))  # type: ignore[call-overload]  # a list, by the contract
    low, high = parameter.get("minimum"), parameter.get("maximum")
    return (
        ""
        if low is None and high is None
        else f"{'' if low is None else low} … {'' if high is None else high}"
    )
