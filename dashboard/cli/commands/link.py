"""`huggins link`: a fresh sign-in link of the running platform."""

from __future__ import annotations

import webbrowser

import click

from dashboard.cli.api import connect
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, run_async


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
