"""`huggins check`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy.exc import DBAPIError

from dashboard.backup.check import Fault, Finding, check
from dashboard.base.errors import ServiceError
from dashboard.cli.commands.home.backup import CONFIG
from dashboard.cli.commands.up import load_settings
from dashboard.cli.output import console, json_option, run_async, show_json
from dashboard.database.engine import Database

ADVICE = {
    Fault.DATABASE: "the database is damaged: restore a backup",
    Fault.MISSING: "the file is not there: restore it from a backup, or delete what it belongs to",
    Fault.CHANGED: "the file has another content than when it was stored: restore it from a backup",
    Fault.ORPHAN: "the database knows nothing of this folder: remove it",
}


@click.command("check")
@click.option("--fast", is_flag=True, help="Do not read the content of files.")
@json_option
@CONFIG
@run_async
async def check_home(fast: bool, as_json: bool, config: Path | None) -> None:
    """Compare the files of the platform with its database, also while it runs; nothing is changed."""
    settings = load_settings(config)
    database = Database(settings.database_url)
    try:
        found = [finding async for finding in check(settings.home, database, hashes=not fast)]
    except DBAPIError as error:
        raise click.ClickException(database.unusable(error).detail) from error
    except ServiceError as error:
        raise click.ClickException(error.detail) from error
    finally:
        await database.close()
    if as_json:
        show_json({"faults": [{"fault": one.fault, "what": one.what} for one in found]})
    else:
        _show(settings.home, found)
    if found:
        raise SystemExit(1)


def _show(home: Path, found: Sequence[Finding]) -> None:
    for fault in Fault:
        of_kind = [one.what for one in found if one.fault is fault]
        if of_kind:
            console.print(f"[red]✗[/red] {fault}: {ADVICE[fault]}")
            for what in of_kind:
                console.print(f"  {what}", markup=False, soft_wrap=True)
    if not found:
        console.print(f"[green]✓[/green] nothing is wrong with {home}")
