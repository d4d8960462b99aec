"""`huggins admin`: create accounts, invite, disable and list people, and help those who lost a phone."""

from __future__ import annotations

from collections.abc import Mapping

import click

from dashboard.cli.api import connect
from dashboard.cli.commands.home.rotate import rotate
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, json_option, run_async, show_json, show_table

ROLES = ("viewer", "user", "publisher", "manager", "admin")


@click.group()
def admin() -> None:
    """Administer the accounts of people."""


admin.add_command(rotate)


@admin.command("create")
@click.argument("name")
@click.option(
    "--role", type=click.Choice(ROLES), default="admin", show_default=True, help="What they may do."
)
@click.option("--title", default="", help="The name that people read.")
@click.option("--email", default="", help="Where messages go.")
@run_async
async def create(name: str, role: str, title: str, email: str) -> None:
    """Create the account NAME, and print the link by which its user chooses a password."""
    connection = Connection.find()
    body = {"name": name, "title": title, "email": email, "roles": [role]}
    async with connect(connection) as api:
        made = await api.post("/people", body)
    console.print(f"[green]✓[/green] {made['person']['name']} is {role}; this link sets the password, once:")
    _print_link(connection, made["invitation"])


@admin.command("invite")
@click.argument("name")
@run_async
async def invite(name: str) -> None:
    """Print a new link by which NAME chooses a password, for a lost invitation or a forgotten password."""
    connection = Connection.find()
    async with connect(connection) as api:
        link = await api.post(f"/people/{name}/invitation")
    _print_link(connection, link)


@admin.command("disable")
@click.argument("name")
@run_async
async def disable(name: str) -> None:
    """End the sessions of NAME, who cannot sign in any more."""
    async with connect() as api:
        await api.post(f"/people/{name}", {"disabled": True})
    console.print(f"[green]✓[/green] {name} is disabled")


@admin.command("enable")
@click.argument("name")
@run_async
async def enable(name: str) -> None:
    """Let NAME sign in again."""
    async with connect() as api:
        await api.post(f"/people/{name}", {"disabled": False})
    console.print(f"[green]✓[/green] {name} is enabled")


@admin.command("reset-second-factor")
@click.argument("name")
@run_async
async def reset_second_factor(name: str) -> None:
    """Switch the second factor of NAME off, who lost the phone and the recovery codes."""
    async with connect() as api:
        answer = await api.post(f"/people/{name}/reset-second-factor")
    told = "signs in without a code now" if answer["removed"] else "had no second factor"
    console.print(f"[green]✓[/green] {name} {told}")


@admin.command("people")
@click.option("--search", default="", help="Part of a name or e-mail address.")
@json_option
@run_async
async def people(search: str, as_json: bool) -> None:
    """List the accounts."""
    async with connect() as api:
        found = await api.get("/people", q=search, size=200)
    if as_json:
        show_json(found)
        return
    rows = [
        (one["name"], one["title"], ", ".join(one["roles"]), one["state"], one["last_sign_in"] or "never")
        for one in found["people"]
    ]
    show_table(("name", "title", "roles", "state", "last sign-in"), rows, "No accounts yet.")


def _print_link(connection: Connection, link: Mapping[str, str]) -> None:
    console.print(link.get("url") or f"{connection.address}{link['path']}", markup=False, soft_wrap=True)


@admin.command("maintenance")
@click.argument("mode", type=click.Choice(("on", "off", "status")))
@click.option("--text", default="", help="What people are told.")
@click.option("--until", default=None, help="When it is expected to end, ISO 8601.")
@run_async
async def maintenance(mode: str, text: str, until: str | None) -> None:
    """Begin or end the maintenance: what runs is finished, nothing new is taken."""
    async with connect() as api:
        if mode == "status":
            now = (await api.get("/administration"))["maintenance"]
        else:
            body = {"on": mode == "on", "text": text, "until": until}
            now = (await api.post("/administration/maintenance", body))["maintenance"]
    told = f"is on since {now['since']}, by {now['by']}" if now else "is off"
    console.print(f"[green]✓[/green] maintenance {told}")
