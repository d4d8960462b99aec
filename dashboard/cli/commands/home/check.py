"""`huggins check`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from dashboard.backup.check import Fault, Finding, check
from dashboard.backup.orphans import remove_orphans as remove
from dashboard.cli.commands.home.opened import CONFIG, opened_home
from dashboard.cli.output import console, json_option, run_async, show_json
from dashboard.database.fault import DatabaseFault, advice

ADVICE = {
    Fault.MISSING: "the file is not there: restore it from a backup, or delete what it belongs to",
    Fault.CHANGED: "the file has another content than when it was stored: restore it from a backup",
    Fault.CREDENTIAL: "credentials are encrypted with a key that is not there: put the key back, or enter "
    "them again",
    Fault.ORPHAN: "the database knows nothing of this folder: look at it, then run "
    "`huggins check --remove-orphans`",
}


@click.command("check")
@click.option("--fast", is_flag=True, help="Do not read the content of files.")
@click.option(
    "--remove-orphans", is_flag=True, help="Delete folders that the database does not know for an hour."
)
@json_option
@CONFIG
@run_async
async def check_home(fast: bool, remove_orphans: bool, as_json: bool, config: Path | None) -> None:
    """Compare the files of the platform with its database, also while it runs."""
    async with opened_home(config) as platform:
        home, database = platform.settings.home, platform.database
        removed = await remove(home, database) if remove_orphans else []
        cipher = platform.credentials
        found = [one async for one in check(home, database, credentials=cipher, hashes=not fast)]
        damaged = advice(DatabaseFault.DAMAGED, str(database.file or ""))
    if as_json:
        faults = [{"fault": one.fault, "what": one.what} for one in found]
        show_json({"faults": faults, "removed": removed})
    else:
        for path in removed:
            console.print(f"  removed: {path}", markup=False)
        _show(home, found, {Fault.DATABASE: f"the database is damaged. {damaged}", **ADVICE})
    if found:
        raise SystemExit(1)


def _show(home: Path, found: Sequence[Finding], advised: Mapping[Fault, str]) -> None:
    for fault in Fault:
        of_kind = [one.what for one in found if one.fault is fault]
        if of_kind:
            console.print(f"✗ {fault}: {advised[fault]}", markup=False, soft_wrap=True)
            for what in of_kind:
                console.print(f"  {what}", markup=False, soft_wrap=True)
    if not found:
        console.print(f"[green]✓[/green] nothing is wrong with {home}")
