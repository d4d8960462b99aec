"""`huggins link` and `huggins sessions`: sign a browser in, list and end sessions."""

from __future__ import annotations

import webbrowser

import click

from dashboard.cli.api import connect
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, json_option, run_async, show_json, show_table


@click.command()
@click.option("--browser", is_flag=True, help="Open the link in a browser.")
@run_async
async def link(browser: bool) -> None:
    """Print a new one-time sign-in link of the running platform, for another browser or a lost session."""
    connection = Connection.find()
    async with connect(connection) as api:
        made = await api.post("/link")
    address = made.get("url") or f"{connection.address}{made['path']}"
    console.print(address, markup=False, soft_wrap=True)
    if browser:
        webbrowser.open(address)


@click.group()
def sessions() -> None:
    """List and end the sessions of browsers."""


@sessions.command("list")
@json_option
@run_async
async def list_sessions(as_json: bool) -> None:
    """List the sessions that are valid."""
    async with connect() as api:
        found = await api.get("/settings/sessions")
    if as_json:
        show_json(found)
        return
    rows = [
        (one["id"], "browser" if one["kind"] == "session" else "CLI and API", one["created"], one["expires"])
        for one in found["sessions"]
    ]
    show_table(("id", "kind", "signed in", "valid until"), rows, "No sessions.")


@sessions.command("end")
@click.argument("session", required=False)
@click.option("--all", "everyone", is_flag=True, help="End all browser sessions and unused links.")
@run_async
async def end(session: str | None, everyone: bool) -> None:
    """End SESSION, or all of them."""
    if (session is None) != everyone:
        raise click.UsageError("name a session (see `huggins sessions list`), or use --all")
    async with connect() as api:
        if everyone:
            ended = (await api.post("/settings/sessions/end-others"))["ended"]
            console.print(f"[green]✓[/green] {ended} ended")
        else:
            await api.delete(f"/settings/sessions/{session}")
            console.print(f"[green]✓[/green] {session} ended", markup=True)
