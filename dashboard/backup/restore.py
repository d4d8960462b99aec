"""Restores a backup into a home and a database that are empty."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import inspect

from dashboard.backup import manifest, rows
from dashboard.backup.files import is_safe
from dashboard.backup.manifest import Manifest
from dashboard.base.errors import Conflict, Invalid
from dashboard.database.engine import Database, known_revisions

BLOCK = 2**20
LARGEST_MANIFEST = 2**30  # bytes; a line for each file


async def restore_backup(source: Path, home: Path, url: str) -> Manifest:
    """Restore a backup; the home is there, and whole, only when this returns.

    Everything is unpacked and checked beside the home first. A PostgreSQL database is filled in one
    transaction, after which the folder gets its name.

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
    """
    if home.exists() and any(home.iterdir()):
        raise Conflict(f"{home} is not empty: restore into a new folder, by HUGGINS_HOME.")
    new = home.with_name(f".{home.name}.restoring")
    await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
    new.mkdir(mode=0o700, parents=True)
    try:
        made = await asyncio.to_thread(_unpack, source, new)
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
    except BaseException:
        await asyncio.to_thread(shutil.rmtree, new, ignore_errors=True)
        raise
    return made


async def _fill(made: Manifest, new: Path, home: Path, url: str) -> None:
    below = f"sqlite:///{home}/"
    database = Database(f"sqlite:///{new}/{url.removeprefix(below)}" if url.startswith(below) else url)
    try:
        if await _has_tables(database):
            raise Conflict(f"The database {database.name} is not empty: name another one by database.url.")
        await database.migrate(made.revision)
        async with database.write() as connection:
            counts = await rows.load(connection, new / "database")
        await database.migrate()
        async with database.write() as connection:
            await rows.settle(connection, made.home, str(home))
        if short := [name for name, count in made.rows.items() if counts.get(name, 0) != count]:
            raise Invalid(f"Not all rows of {short[0]} could be restored.")
    finally:
        await database.close()


async def _has_tables(database: Database) -> bool:
    async with database.read() as connection:
        return bool(await connection.run_sync(lambda sync: inspect(sync).get_table_names()))


def _unpack(source: Path, new: Path) -> Manifest:
    """Unpack every member below a folder, and compare it with the manifest at the end."""
    hashes: dict[str, str] = {}
    made: Manifest | None = None
    try:
        with tarfile.open(source, mode="r:") as archive:
            for member in _members(archive):
                file = archive.extractfile(member)
                assert file is not None  # noqa: S101 - of a regular file there is one
                if member.name == manifest.NAME:
                    made = Manifest.from_bytes(file.read(LARGEST_MANIFEST))
                    continue
                target = new / member.name
                target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                digest = hashlib.sha256()
                with target.open("xb") as out:
                    while block := file.read(BLOCK):
                        digest.update(block)
                        out.write(block)
                hashes[member.name] = digest.hexdigest()
    except (tarfile.TarError, EOFError, FileExistsError) as error:
        raise Invalid(f"{source} is no backup, or is damaged: {error}.") from error
    if made is None:
        raise Invalid(f"{source} has no {manifest.NAME} at its end: the backup is not whole.")
    for name, sha256 in made.files.items():
        if hashes.get(name) != sha256:
            how = "is damaged" if name in hashes else "is missing"
            raise Invalid(f"{name} of the backup {how}: it is not restored.")
    return made


def _members(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    for member in archive:
        tables = member.name.startswith("database/") and member.name.count("/") == 1
        if not member.isreg() or not (member.name == manifest.NAME or tables or is_safe(member.name)):
            raise Invalid(f"{member.name!r} does not belong into a backup.")
        yield member
