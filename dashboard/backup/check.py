"""Compares what lies in a home with what its database says of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import select, text

from dashboard.backup.orphans import orphans
from dashboard.backup.rows import BLOCK
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.database.credentials import unreadable_credentials
from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, dataset_files, models, module_versions, sources


class Fault(StrEnum):
    """What is wrong with something."""

    DATABASE = "database"  # the database says that it is damaged
    MISSING = "missing"  # a file that the database names is not there
    CHANGED = "changed"  # a file has another content than the database says
    CREDENTIAL = "credential"  # a credential is encrypted with a key that is not there
    ORPHAN = "orphan"  # a folder of which the database knows nothing


@dataclass(frozen=True)
class Finding:
    """One fault, and what it is about: a path below the home, or a sentence of the database."""

    fault: Fault
    what: str


async def check(
    home: Path, database: Database, *, credentials: CredentialCipher | None = None, hashes: bool = True
) -> AsyncIterator[Finding]:
    """Yield what is wrong with a home; nothing is changed.

    Parameters
    ----------
    home : Path
        The home folder.
    database : Database
        Its database.
    credentials : CredentialCipher, optional
        Decrypts its credentials; without, they are not tried.
    hashes : bool
        Whether to compare the content of files; without, only their presence.

    Yields
    ------
    Finding
        In the order of the database, credentials, files, orphans.
    """
    async for said in _complaints(database):
        yield Finding(Fault.DATABASE, said)
    if credentials is not None:
        for column in await unreadable_credentials(database, credentials):
            yield Finding(Fault.CREDENTIAL, column)
    for named, fault_of in ((_named, _fault_of), (_models, _fault_of_model)):
        async for path, digest in named(database):
            fault = await asyncio.to_thread(fault_of, home / path, digest if hashes else None)
            if fault is not None:
                yield Finding(fault, path)
    async for folder in _published(database):
        if not (home / folder).is_dir():
            yield Finding(Fault.MISSING, folder)
    async for orphan in orphans(home, database):
        yield Finding(Fault.ORPHAN, orphan)


async def _complaints(database: Database) -> AsyncIterator[str]:
    """Yield what SQLite says is wrong with its file; PostgreSQL checks its pages when it reads them."""
    if not database.is_sqlite:
        return
    async with database.read() as connection:
        for pragma in ("integrity_check", "foreign_key_check"):
            for row in await connection.execute(text(f"PRAGMA {pragma}")):
                if row[0] != "ok":
                    yield " ".join(str(part) for part in row)


def _fault_of_model(folder: Path, digest: str | None) -> Fault | None:
    """Return what is wrong with the files of a model (`dashboard.models.store`)."""
    if not folder.is_dir():
        return Fault.MISSING
    if digest is None:
        return None
    files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = "".join(f"{_sha256(folder / path)}  {path}\n" for path in files)
    return None if hashlib.sha256(lines.encode()).hexdigest() == digest else Fault.CHANGED


def _fault_of(path: Path, digest: str | None) -> Fault | None:
    if not path.is_file():
        return Fault.MISSING
    if digest is None:
        return None
    return None if _sha256(path) == digest else Fault.CHANGED


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def _named(database: Database) -> AsyncIterator[tuple[str, str | None]]:
    """Yield the files that the database names, with their SHA-256 where it is known."""
    uploaded = select(dataset_files).where(dataset_files.c.state.not_in(("uploading", "reference", "cached")))
    made = select(artefacts)
    async with database.snapshot() as connection:
        streamed = await connection.stream(uploaded.execution_options(yield_per=BLOCK))
        async for row in streamed.mappings():
            yield f"data/{row['dataset']}/files/{row['path']}", row["sha256"]
        streamed = await connection.stream(made.execution_options(yield_per=BLOCK))
        async for row in streamed.mappings():
            yield f"jobs/{row['job']}/{row['attempt']}/out/{row['path']}", row["sha256"]
        lists = select(sources.c.id).where(sources.c.uploaded)
        for source in (await connection.execute(lists)).scalars().all():
            yield f"sources/{source}/uploaded", None  # dashboard.data.acquisition.factory


async def _published(database: Database) -> AsyncIterator[str]:
    """Yield the folders of the versions of published modules; they have no hash of their own."""
    async with database.read() as connection:
        query = select(module_versions.c.files).order_by(module_versions.c.files)
        for folder in (await connection.execute(query)).scalars().all():
            yield f"published/{folder}"


async def _models(database: Database) -> AsyncIterator[tuple[str, str | None]]:
    """Yield the folders of models, with the SHA-256 of their files together."""
    async with database.snapshot() as connection:
        streamed = await connection.stream(select(models).execution_options(yield_per=BLOCK))
        async for row in streamed.mappings():
            yield f"models/{row['id']}", row["sha256"]
