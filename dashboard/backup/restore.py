"""Restores a backup into a home and a database that are empty."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import Connection, MetaData, insert, inspect, select
from sqlalchemy.exc import DBAPIError

from dashboard.backup import rows
from dashboard.backup.manifest import Manifest
from dashboard.backup.unpacking import unpack
from dashboard.base.errors import Conflict, Invalid, StorageFull
from dashboard.base.storage import is_storage_full
from dashboard.database.engine import Database, known_revisions
from dashboard.database.tables import platform_facts

#: A fact of a restored database: the home for which it was filled.
RESTORED = "restored"


async def restore_backup(source: Path, home: Path, url: str) -> Manifest:
    """Restore a backup; the home is there, and whole, only when this returns.

    Everything is unpacked and checked beside the home first; the folder gets its name when the database is
    full. What a killed restoring left is removed by the next one, in PostgreSQL too.

    Parameters
    ----------
    source : Path
        The backup.
    home : Path
        The home folder; it must not exist, or be empty.
    url : str
        The database: SQLite below `home`, or PostgreSQL, which must be empty.

    Returns
    -------
    Manifest
        What was restored.

    Raises
    ------
    Conflict
        If the home or the database is not empty, or a newer version of this program made the backup.
    Invalid
        If the backup is not whole, or damaged; with the first member that is.
    StorageFull
        If the disk is full; nothing is left then.
    """
    if home.exists() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty: restore into a new folder, by HUGGINS_HOME.")
    new = home.with_name(f".{home.name}.restoring")
    await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
    try:
        new.mkdir(mode=0o700, parents=True)
        made = await asyncio.to_thread(unpack, source, new)
        if made.revision not in known_revisions():
            raise Conflict(
                f"The backup was made by Huggins {made.version} with schema {made.revision}; this version "
                f"knows schemas up to {known_revisions()[0]}. Restore it with a newer version."
            )
        await _fill(made, new, home, url)
        shutil.rmtree(new / "database")
        if home.exists():
            home.rmdir()
        new.rename(home)
    except BaseException as error:
        await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
        if is_storage_full(error):
            raise StorageFull(
                f"The disk of {home.parent}, or of the database, has no room for the backup: free some "
                "space, or restore it elsewhere. Nothing was left of it."
            ) from error
        raise
    return made


async def _fill(made: Manifest, new: Path, home: Path, url: str) -> None:
    below = f"sqlite:///{home}/"
    database = Database(f"sqlite:///{new}/{url.removeprefix(below)}" if url.startswith(below) else url)
    try:
        await _require_empty(database)
        await database.migrate(made.revision)
        async with database.write() as connection:
            counts = await rows.load(connection, new / "database")
        if short := [name for name, count in made.rows.items() if counts.get(name, 0) != count]:
            raise Invalid(f"Not all rows of {short[0]} could be restored.")
        await database.migrate()
        async with database.write() as connection:
            await rows.settle(connection, made.home, str(home))
            await connection.execute(insert(platform_facts).values(name=RESTORED, value=str(home)))
    except (DBAPIError, OSError) as error:
        if is_storage_full(error):
            raise
        raise database.unusable(error) from error
    finally:
        await database.close()


async def _require_empty(database: Database) -> None:
    """Return if a database is empty; remove what a restoring left there that was killed.

    No platform has ever run on that, and the home for which it was filled is not there.

    Raises
    ------
    Conflict
        If it holds something.
    """
    facts: dict[str, str] = {}
    async with database.read() as connection:
        names = set(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))
        if not names:
            return
        ours = {"alembic_version", platform_facts.name} <= names
        if ours:
            query = select(platform_facts.c.name, platform_facts.c.value)
            facts = {row.name: row.value for row in await connection.execute(query)}
    home = Path(facts.get(RESTORED) or "/")
    left = RESTORED not in facts or not home.exists() or not any(home.iterdir())
    if not ours or "owner" in facts or not left:
        raise Conflict(f"The database {database.name} is not empty: name another one by database.url.")
    async with database.write() as connection:
        await connection.run_sync(_drop_all)


def _drop_all(connection: Connection) -> None:
    there = MetaData()
    there.reflect(connection)
    there.drop_all(connection)
