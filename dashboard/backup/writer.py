"""Writes a backup of a home and its database, also while the platform runs."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import io
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from dashboard.backup import manifest, rows
from dashboard.backup.files import found
from dashboard.backup.manifest import Manifest
from dashboard.base import clock
from dashboard.base.errors import Conflict, StorageFull
from dashboard.base.storage import is_storage_full
from dashboard.database.engine import Database

BLOCK = 2**20
ARCHIVE = "backup.tar"
Told = Callable[[str], None]


async def write_backup(
    home: Path, database: Database, target: Path, *, spectra: bool = True, told: Told = lambda _path: None
) -> Manifest:
    """Write a backup; the target is there, and whole, only when this returns.

    The database is read in one transaction, so that it is of one moment. Files are copied afterwards: of
    what a job writes meanwhile, what is there is taken; what is deleted meanwhile is named in the manifest.

    Parameters
    ----------
    home : Path
        The home folder.
    database : Database
        Its database, migrated.
    target : Path
        The file to write; it must not exist.
    spectra : bool
        Whether to include the files of datasets.
    told : callable
        Called with the path of each file before it is copied.

    Returns
    -------
    Manifest
        What is in it.

    Raises
    ------
    Conflict
        If the target exists, or another process writes it now.
    StorageFull
        If the disk is full; nothing is left of the backup then.
    """
    if target.exists():
        raise Conflict(f"{target} exists already: choose another name, or remove it.")
    work = target.with_name(f".{target.name}.partial")
    with _alone(work):
        try:
            made = await _dump(home, database, work)
            made.spectra = spectra
            await asyncio.to_thread(_archive, home, work, made, told)
            (work / ARCHIVE).rename(target)
            _sync(target.absolute().parent)
        except BaseException as error:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
            if not is_storage_full(error):
                raise
            raise StorageFull(
                f"The disk of {target.absolute().parent} has no room for the backup: free some space, or "
                "write it elsewhere. Nothing was left of it."
            ) from error
        await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
    return made


@contextlib.contextmanager
def _alone(work: Path) -> Iterator[None]:
    """Make the folder in which a backup grows, and lock it; what a killed backup left there is removed.

    Raises
    ------
    Conflict
        If another process writes the same backup now.
    """
    work.mkdir(mode=0o700, exist_ok=True)
    lock = os.open(work, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(lock).st_uid != os.getuid():
            raise Conflict(f"{work} belongs to another user: write the backup into a folder of your own.")
        os.fchmod(lock, 0o700)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Conflict(f"Another backup is being written into {work}: wait for it.") from error
        for left in work.iterdir():
            left.unlink()
        yield
    finally:
        os.close(lock)


def _sync(folder: Path) -> None:
    """Let the names in a folder last."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


async def _dump(home: Path, database: Database, work: Path) -> Manifest:
    """Write each table into a file, all of one moment."""
    async with database.snapshot() as connection:
        made = Manifest(
            version=metadata.version("huggins"),
            revision=await database.revision(connection),
            created=clock.now(),
            home=str(home),
        )
        for table in rows.tables():
            count = 0
            with (work / f"{table.name}.jsonl").open("w", encoding="utf-8") as file:
                async for line in rows.lines(connection, table):
                    file.write(line)
                    count += 1
            made.rows[table.name] = count
    return made


def _archive(home: Path, work: Path, made: Manifest, told: Told) -> None:
    with os.fdopen(os.open(work / ARCHIVE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for table in sorted(work.glob("*.jsonl")):
                name = f"database/{table.name}"
                made.files[name] = _add(archive, table, name)
            for name in found(home, spectra=made.spectra):
                told(name)
                with contextlib.suppress(FileNotFoundError):
                    made.files[name] = _add(archive, home / name, name)
                    continue
                made.missing.append(name)
            text = made.to_bytes()
            archive.addfile(_member(manifest.NAME, len(text)), io.BytesIO(text))
        out.flush()
        os.fsync(out.fileno())


def _add(archive: tarfile.TarFile, path: Path, name: str) -> str:
    """Add a file and return its SHA-256; one that shrinks meanwhile is filled up with zeros."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        size = os.fstat(file.fileno()).st_size
        hashing = _Hashing(file, size)
        archive.addfile(_member(name, size), hashing)
    return hashing.digest.hexdigest()


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


class _Hashing(io.RawIOBase):
    """Reads exactly so many bytes of a file, and hashes them."""

    def __init__(self, file: io.BufferedReader, size: int) -> None:
        self._file = file
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        wanted = self._left if size < 0 else min(size, self._left)
        block = self._file.read(wanted).ljust(wanted, b"\0")
        self._left -= len(block)
        self.digest.update(block)
        return block
