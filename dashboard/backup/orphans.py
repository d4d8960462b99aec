"""Folders of a home of which its database knows nothing, and their removal."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from sqlalchemy import Column, select

from dashboard.database.engine import Database
from dashboard.database.tables import datasets, jobs, models, module_versions, sources

#: Younger ones may be of a job or an upload whose row is not written yet.
YOUNGEST_S = 3600.0
#: Folder of a home to the column that names its folders.
KNOWN: dict[str, Column[str]] = {
    "data": datasets.c.id,
    "models": models.c.id,
    "jobs": jobs.c.id,
    "sources": sources.c.id,
    "published": module_versions.c.files,
}


async def orphans(home: Path, database: Database) -> AsyncIterator[str]:
    """Yield the folders of `KNOWN` that are in no row, as paths below the home."""
    for top, column in KNOWN.items():
        present = await asyncio.to_thread(lambda folder: list(_folders(folder)), home / top)
        async with database.read() as connection:  # after the folders: a row is written before its folder
            known = set((await connection.execute(select(column))).scalars())
        for path in present:
            if path.name not in known:
                yield f"{top}/{path.name}"


async def remove_orphans(home: Path, database: Database, *, youngest_s: float = YOUNGEST_S) -> list[str]:
    """Delete the orphans that nothing has changed for a while; return their paths below the home.

    Parameters
    ----------
    home : Path
        The home folder.
    database : Database
        Its database.
    youngest_s : float
        Seconds since the last change; younger ones stay.
    """
    before = time.time() - youngest_s
    gone = [path async for path in orphans(home, database) if (home / path).stat().st_mtime < before]
    for path in gone:
        await asyncio.to_thread(shutil.rmtree, home / path)
    return gone


def _folders(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from sorted(path for path in folder.iterdir() if path.is_dir() and not path.is_symlink())
