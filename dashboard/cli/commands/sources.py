"""`huggins sources` and `huggins acquire`: fetch spectra from archives and servers."""

from __future__ import annotations

import asyncio
import getpass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import click
from rich.markup import escape

from dashboard.cli.api import Api, ApiProblem, connect
from dashboard.cli.output import bars, console, json_option, run_async, show_fields, show_json, show_table
from wire.printable import printable

LOOK_EVERY_S = 0.5
WORKING = frozenset({"listing", "fetching", "indexing"})
SHOWN_FAILED = 10


@click.group()
def sources() -> None:
    """Add, list, show and delete sources of spectra."""


@sources.command("kinds")
@json_option
@run_async
async def kinds(as_json: bool) -> None:
    """List the kinds of sources with their parameters."""
    async with connect() as api:
        found = (await api.get("/sources/new"))["kinds"]
    if as_json:
        show_json(found)
        return
    for kind in found:
        console.print(f"[bold]{kind['name']}[/bold] {escape(kind['title'])}")
        for one in kind["parameters"]:
            needed = " (required)" if one["required"] else ""
            console.print(f"  {one['name']}{needed}: {escape(one['help'])}")


@sources.command("list")
@json_option
@run_async
async def list_sources(as_json: bool) -> None:
    """List the sources."""
    async with connect() as api:
        found = await api.get("/sources", size=200)
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], one["name"], one["kind"], (one["last"] or {}).get("state", "–"), one["schedule"] or "–")
        for one in found["sources"]
    ]
    show_table(("id", "name", "kind", "last", "schedule"), rows, "No sources yet: huggins sources add")


@sources.command("add")
@click.argument("name")
@click.argument("kind")
@click.option("--set", "given", multiple=True, metavar="NAME=VALUE", help="A parameter of the kind.")
@click.option(
    "--list", "table", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="VOTable."
)
@click.option("--user", default="", help="User name or access key; the password is asked for.")
@click.option("--schedule", type=click.Choice(["", "nightly"]), default="", help="When it is listed again.")
@json_option
@run_async
async def add(
    name: str, kind: str, given: tuple[str, ...], table: Path | None, user: str, schedule: str, as_json: bool
) -> None:
    """Add a source of a KIND of `huggins sources kinds`."""
    values = dict(_pair(one) for one in given)
    body: dict[str, Any] = {"name": name, "kind": kind, "values": values, "schedule": schedule}
    if user:
        body |= {"user": user, "password": await asyncio.to_thread(getpass.getpass, "Password: ")}
    async with connect() as api:
        made = (await api.post("/sources", body))["source"]
        if table is not None:
            await api.put_file(f"/sources/{made['id']}/list", table)
    show_json(made) if as_json else console.print(f"[green]✓[/green] {made['id']} {escape(printable(name))}")


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set {text}: give NAME=VALUE")
    return name, value


@sources.command("show")
@click.argument("source")
@json_option
@run_async
async def show(source: str, as_json: bool) -> None:
    """Show a source, given by id or name, and its acquisitions."""
    async with connect() as api:
        found = await api.get(f"/sources/{await source_id(api, source)}")
    if as_json:
        show_json(found)
        return
    one = found["source"]
    told = {"id": one["id"], "name": one["name"], "kind": one["kind"]}
    show_fields({**told, "address": one["values"].get("address") or "–"})
    rows = [
        (a["id"], a["state"], a["listed"], a["fetched"], a["failed"], a["dataset"] or "–")
        for a in found["acquisitions"]
    ]
    show_table(
        ("acquisition", "state", "listed", "fetched", "failed", "dataset"), rows, "Nothing fetched yet"
    )


@sources.command("delete")
@click.argument("source")
@click.confirmation_option(prompt="Delete this source and its history? Its datasets stay.")
@run_async
async def delete(source: str) -> None:
    """Delete a source; its datasets stay."""
    async with connect() as api:
        await api.delete(f"/sources/{await source_id(api, source)}")


@click.command("acquire")
@click.argument("source")
@click.option("--name", default="", help="Name of the dataset; default: that of the source.")
@click.option("--numbers", default="", help="Records to fetch, such as 1-50,60; default: all.")
@click.option("--list-only", is_flag=True, help="List the records and fetch nothing.")
@click.option("--only-new", is_flag=True, help="Leave out what was fetched before.")
@click.option("--by-reference", is_flag=True, help="Fetch nothing now: the dataset points at the records.")
@click.option("--failed", default="", metavar="ACQUISITION", help="Fetch again what failed of one.")
@json_option
@run_async
async def acquire(
    source: str,
    name: str,
    numbers: str,
    list_only: bool,
    only_new: bool,
    by_reference: bool,
    failed: str,
    as_json: bool,
) -> None:
    """Fetch the records of a SOURCE, given by id or name, into a dataset."""
    async with connect() as api:
        base = f"/sources/{await source_id(api, source)}/acquisitions"
        if failed:
            where = f"{base}/{quote(failed)}"
            await api.post(f"{where}/again", {"what": "failed"})
        else:
            auto = not (numbers or list_only)
            made = await api.post(
                base, {"name": name, "fetch": auto, "only_new": only_new, "by_reference": by_reference}
            )
            where = f"{base}/{made['acquisition']['id']}"
        found = await _ended(api, where)
        if numbers and found["acquisition"]["state"] == "listed":
            await api.post(f"{where}/start", {"name": name, "numbers": numbers, "by_reference": by_reference})
            found = await _ended(api, where)
    if as_json:
        show_json(found)
    else:
        _show(found)
    if found["acquisition"]["state"] == "error":
        raise click.ClickException(printable(found["acquisition"]["detail"]))


async def source_id(api: Api, text: str) -> str:
    """Return the id of a source given by id or name; the newest if several have the name.

    Raises
    ------
    click.ClickException
        If there is none.
    """
    for one in (await api.get("/sources", q=text, size=200))["sources"]:
        if text in (one["id"], one["name"]):
            return str(one["id"])
    raise click.ClickException(f"there is no source {text!r}: see `huggins sources list`")


async def _ended(api: Api, where: str) -> dict[str, Any]:
    with bars() as progress:
        task = progress.add_task("list the records", total=None)
        while True:
            found: dict[str, Any] = await api.get(where, size=1)
            one = found["acquisition"]
            if one["chosen"]:
                told = {"listing": "list the records", "indexing": "index the spectra"}
                done = one["fetched"] + one["failed"]
                text = told.get(one["state"], "fetch")
                progress.update(task, description=text, total=one["chosen"], completed=done)
            if one["state"] not in WORKING:
                break
            await asyncio.sleep(LOOK_EVERY_S)
    try:
        return dict(await api.get(where, size=SHOWN_FAILED, **({"state": "failed"} if one["failed"] else {})))
    except ApiProblem:
        return found


def _show(found: dict[str, Any]) -> None:
    one = found["acquisition"]
    told = {"acquisition": one["id"], "state": one["state"], "listed": one["listed"]}
    told |= {"fetched": one["fetched"], "failed": one["failed"], "dataset": one["dataset"] or "–"}
    show_fields(told)
    for notice in one["notices"]:
        console.print(f"  [yellow]{notice['kind']}[/yellow] {escape(printable(notice['detail']))}")
    for record in found["records"] if one["failed"] else ():
        said = printable(f"{record['fault']}: {record['detail']}")
        console.print(f"  [red]{escape(printable(record['name']))}[/red] {escape(said)}")
