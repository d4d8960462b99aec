"""`huggins login` and `huggins logout`: the platform that the other commands talk to."""

from __future__ import annotations

import webbrowser

import click

from dashboard.cli import login as stored
from dashboard.cli.api import ApiProblem, connect
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, run_async

UNAUTHENTICATED, DENIED = 401, 403


@click.command()
@click.argument("address")
@click.option("--token", default="", envvar="HUGGINS_TOKEN", help="An API token; by default it is asked for.")
@click.option("--browser", is_flag=True, help="Open the page on which tokens are made.")
@run_async
async def login(address: str, token: str, browser: bool) -> None:
    """Log in to the platform at ADDRESS with an API token, which its page Settings makes."""
    address = stored.checked_address(address)
    page = f"{address}/settings"
    if browser:
        webbrowser.open(page)
    token = token or click.prompt(f"Paste an API token (create one at {page})", hide_input=True).strip()
    async with connect(Connection(address, token)) as api:
        try:
            await api.get("/jobs", size=1)
        except ApiProblem as problem:
            if problem.status == UNAUTHENTICATED:
                raise click.ClickException(
                    f"{address} does not know this token; create one at {page}"
                ) from None
            if problem.status != DENIED:  # a token that may not read jobs is a token all the same
                raise
    console.print(f"[green]✓[/green] logged in to {address}; stored in {stored.save(address, token)}")


@click.command()
def logout() -> None:
    """Forget the stored token; it stays valid until it is revoked on the page Settings."""
    console.print("[green]✓[/green] logged out" if stored.forget() else "Nobody is logged in.")
