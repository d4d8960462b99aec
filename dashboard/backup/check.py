"""Compares what lies in a home with what its database says of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select, text

from dashboard.backup.rows import BLOCK
from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, dataset_files, datasets, jobs, models

READ = 2**20


class Fault(StrEnum):
    """What is wrong with something."""

    DATABASE = "database"  # the database says that it is damaged
    MISSING = "missing"  # a file that the database names is not there
    CHANGED = "changed"  # a file has another content than the database says
    ORPHAN = "orphan"  # a folder of which the database knows nothing


@dataclass(frozen=True)
class Finding:
    """One fault, and what it is about: a path below the home, or a sentence of the database."""

    fault: Fault
    what: str


async def check(home: Path, database: Database, *, hashes: bool = True) -> AsyncIterator[Finding]:
    """Yield what is wrong with a home; nothing is changed.

    Parameters
    ----------
    home : Path
        The home folder.
    database : Database
        Its database.
    hashes : bool
        Whether to compare the content of files; without, only their presence.

    Yields
    ------
    Finding
        In the order of the database, files, orphans.
    """
    if database.is_sqlite:
        async with database.read() as connection:
            for pragma in ("integrity_check", "foreign_key_check"):
                for row in await connection.execute(text(f"PRAGMA {pragma}")):
                    if row[0] != "ok":
                        yield Finding(Fault.DATABASE, " ".join(str(part) for part in row))
    async for path, digest in _named(database):
        fault = await asyncio.to_thread(_fault_of, home / path, digest if hashes else None)
        if fault is not None:
            yield Finding(fault, path)
    async for orphan in _orphans(home, database):
        yield Finding(Fault.ORPHAN, orphan)


def _fault_of(path: Path, digest: str | None) -> Fault | None:
    if not path.is_file():
        return Fault.MISSING
    if digest is None:
        return None
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(READ):
            found.update(block)
    return None if found.hexdigest() == digest else Fault.CHANGED


async def _named(database: Database) -> AsyncIterator[tuple[str, str | None]]:
    """Yield the files that the database names, with their SHA-256 where it is known."""
    uploaded = select(dataset_files).where(dataset_files.c.state != "uploading")
    made = select(artefacts)
    async with database.snapshot() as connection:
        streamed = await connection.stream(uploaded.execution_options(yield_per=BLOCK))
        async for row in streamed.mappings():
            yield f"data/{row['dataset']}/files/{row['path']}", row["sha256"]
        streamed = await connection.stream(made.execution_options(yield_per=BLOCK))
        async for row in streamed.mappings():
            yield f"jobs/{row['job']}/{row['attempt']}/out/{row['path']}", row["sha256"]


async def _orphans(home: Path, database: Database) -> AsyncIterator[str]:
    for top, table in (("data", datasets), ("models", models)):
        async with database.read() as connection:
            known = set((await connection.execute(select(table.c.id))).scalars())
        for path in _folders(home / top):
            if path.name not in known:
                yield f"{top}/{path.name}"
    async with database.read() as connection:
        known = set((await connection.execute(select(jobs.c.id))).scalars())
    for path in _folders(home / "jobs"):
        if path.name not in known:
            yield f"jobs/{path.name}"


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
