"""`huggins admin rotate`: replaces keys and secrets of the platform."""

from __future__ import annotations

from pathlib import Path

import click

from dashboard.auth.audit import AuditEntry, Deed
from dashboard.auth.identity import OWNER
from dashboard.base import clock
from dashboard.cli.commands.home.opened import CONFIG, opened_home
from dashboard.cli.output import console, run_async
from dashboard.database.credentials import encrypt_stored
from dashboard.home import Home
from dashboard.platform import Platform
from deploy.control.context import forget_key

DAY_S = 86_400
DAYS = click.option(
    "--days",
    type=click.IntRange(0, 365),
    default=7,
    show_default=True,
    help="For how long the present ones stay valid; 0: they end at once.",
)


@click.group()
def rotate() -> None:
    """Replace keys and secrets of the platform of HUGGINS_HOME, also while it runs."""


@rotate.command("credentials")
@click.option("--keep-old", is_flag=True, help="Keep the old keys in the file, for backups made with them.")
@CONFIG
@run_async
async def credentials(keep_old: bool, config: Path | None) -> None:
    """Encrypt the credentials of the database with a new key; a running platform follows by itself."""
    async with opened_home(config) as platform:
        cipher = platform.credentials
        name = cipher.add_key()
        done = await encrypt_stored(platform.database, cipher)
        removed = 0
        if not done.unreadable and not keep_old:
            await encrypt_stored(platform.database, cipher)  # what the platform stored meanwhile
            removed = cipher.keep_newest()
        await _record(platform, "credentials", f"key {name}")
    console.print(
        f"[green]✓[/green] {done.encrypted} credentials are encrypted with the new key {name}; "
        f"{removed} old keys removed. Copy {cipher.source} to where you keep it.",
        soft_wrap=True,
    )
    for column in done.unreadable:
        console.print(f"  cannot be read, and stays as it is: {column}", markup=False)


@rotate.command("sessions")
@CONFIG
@run_async
async def sessions(config: Path | None) -> None:
    """End all sessions of browsers, sign-in links and invitations: everybody signs in again."""
    async with opened_home(config) as platform:
        ended = await platform.sessions.end_everybody()
        await _record(platform, "session")
    console.print(f"[green]✓[/green] {ended} sessions and links ended")


@rotate.command("api-tokens")
@DAYS
@CONFIG
@run_async
async def api_tokens(days: int, config: Path | None) -> None:
    """Let all API tokens of people expire; meanwhile they make new ones on the page Settings."""
    async with opened_home(config) as platform:
        count = await platform.api_tokens.expire_all(clock.after(days * DAY_S))
        await _record(platform, "token", f"expire in {days} days")
    console.print(f"[green]✓[/green] {count} API tokens expire {_when(days)}")


@rotate.command("deployment-tokens")
@DAYS
@CONFIG
@run_async
async def deployment_tokens(days: int, config: Path | None) -> None:
    """Let all tokens of deployments expire; meanwhile their owners make new ones and pass them on."""
    async with opened_home(config) as platform:
        count = await platform.deploy.tokens.expire_all(clock.after(days * DAY_S))
        await _record(platform, "deployment", f"tokens expire in {days} days")
    console.print(f"[green]✓[/green] {count} tokens of deployments expire {_when(days)}")


@rotate.command("replicas")
@CONFIG
@run_async
async def replicas(config: Path | None) -> None:
    """Remove the key of the replicas while the platform is stopped; they start again with a new one."""
    async with opened_home(config) as platform:
        home = Home(platform.settings.home)
        home.take()  # replicas that run keep the key they were started with
        try:
            places = [home.folder / "deployments", *sorted((home.folder / "gateways").glob("*/deployments"))]
            removed = sum(forget_key(folder) for folder in places)
            await _record(platform, "deployment", "key of the replicas")
        finally:
            home.leave()
    console.print(f"[green]✓[/green] {removed} keys removed; the next start makes new ones")


def _when(days: int) -> str:
    return f"in {days} days" if days else "now"


async def _record(platform: Platform, kind: str, detail: str = "") -> None:
    platform.audit.record(
        AuditEntry(
            user=OWNER.user,
            via="command line",
            address="",
            deed=Deed.CHANGED,
            kind=kind,
            operation="rotate",
            detail=detail,
        )
    )
    await platform.audit.flush()
