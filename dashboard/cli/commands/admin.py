"""`huggins admin`: create accounts, invite, disable and list people, and help those who lost a phone."""

from __future__ import annotations

from collections.abc import Mapping

import click

from dashboard.base.bundled import bundled
from dashboard.cli.api import connect
from dashboard.cli.commands.home.rotate import rotate
from dashboard.cli.connection import Connection
from dashboard.cli.output import console, json_option, run_async, show_json, show_table

ROLES = ("viewer", "user", "publisher", "manager", "admin")

UNITS = {
    "up": "huggins.service",
    "supervise": "huggins-supervise.service",
    "gateway": "huggins-gateway@.service",
}


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


@admin.command("change")
@click.argument("name")
@click.option(
    "--role", "roles", type=click.Choice(ROLES), multiple=True, help="In place of the present ones."
)
@click.option("--title", default=None, help="The name that people read.")
@click.option("--email", default=None, help="Where messages go.")
@run_async
async def change(name: str, roles: tuple[str, ...], title: str | None, email: str | None) -> None:
    """Change role, title or e-mail address of NAME."""
    given = {"roles": list(roles) or None, "title": title, "email": email}
    body = {field: value for field, value in given.items() if value is not None}
    if not body:
        raise click.UsageError("Name what to change: --role, --title or --email.")
    async with connect() as api:
        person = (await api.post(f"/people/{name}", body))["person"]
    console.print(f"[green]✓[/green] {person['name']} ({person['title']}) is {', '.join(person['roles'])}")


@admin.command("delete")
@click.argument("name")
@click.option(
    "--owned",
    type=click.Choice(("keep", "transfer", "delete")),
    default="keep",
    show_default=True,
    help="What becomes of what NAME owns.",
)
@click.option("--to", default="", help="With transfer: the new owner.")
@click.option("--project", default="", help="With transfer, in place of --to: its leader owns it.")
@click.option("--abort", is_flag=True, help="Abort jobs that have not ended; else they end by themselves.")
@click.confirmation_option(prompt="Delete this account, its sessions and tokens? The name stays taken.")
@run_async
async def delete(name: str, owned: str, to: str, project: str, abort: bool) -> None:
    """Delete the account NAME; what it owns stays, is transferred, or is deleted."""
    jobs = "abort" if abort else "finish"
    async with connect() as api:
        await api.delete(f"/people/{name}", owned=owned, to=to, project=project, jobs=jobs)
    console.print(f"[green]✓[/green] {name} is deleted")


@admin.command("end-sessions")
@click.argument("name")
@run_async
async def end_sessions(name: str) -> None:
    """End all sessions of NAME, who signs in again."""
    async with connect() as api:
        await api.post(f"/people/{name}/end-sessions")
    console.print(f"[green]✓[/green] the sessions of {name} are ended")


@admin.command("unit")
@click.argument("service", type=click.Choice(tuple(UNITS)), default="up")
def unit(service: str) -> None:
    """Print the systemd unit of `huggins up`, or of a standby supervisor or gateway."""
    click.echo((bundled("templates/systemd") / UNITS[service]).read_text("utf-8"), nl=False)


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
