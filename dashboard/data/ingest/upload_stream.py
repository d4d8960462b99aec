"""Writes a stream of bytes to a file: hashed, limited in size, and complete or absent."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from dashboard.base.errors import Conflict, ServiceError, StorageFull
from dashboard.base.storage import is_storage_full

BLOCK = 1 << 20


class TooLarge(ServiceError):
    """The upload is larger than the settings allow."""

    status: ClassVar[int] = 413
    kind: ClassVar[str] = "too-large"
    title: ClassVar[str] = "Too large"


@dataclass(frozen=True)
class Received:
    """A complete upload that is not at its final location yet.

    Attributes
    ----------
    part : Path
        Where it is; a file that is held is written there when it is put in place.
    size, sha256 : int, str
        Of its content.
    held : bytes or None
        The content of a small file that is not on disk yet.
    """

    part: Path
    size: int
    sha256: str
    held: bytes | None = None


@contextmanager
def telling_full(what: str) -> Iterator[None]:
    """Raise `StorageFull` where the disk has no room.

    Parameters
    ----------
    what : str
        What is written, for the message.

    Yields
    ------
    None
        Once; the block writes.

    Raises
    ------
    StorageFull
        If the block raises an error of a full disk or quota; other errors pass.
    """
    try:
        yield
    except OSError as error:
        if is_storage_full(error):
            raise StorageFull(
                f"The disk has no room for {what}. "
                "What was uploaded before is kept: free some space, then go on."
            ) from error
        raise


async def receive(
    chunks: AsyncIterator[bytes], folder: Path, what: str, room: Callable[[int], None], *, hold: int = 0
) -> Received:
    """Stream a body into a new file of `folder`.

    Parameters
    ----------
    chunks
        The body.
    folder
        On the same file system as the location where the file will stand.
    what
        The file's path, for messages.
    room
        Called with the number of bytes before each block is written; raises `TooLarge` to stop.
    hold
        Bytes up to which a body stays in memory: of many small files, one call writes all.

    Raises
    ------
    StorageFull
        If the disk is full. Whatever is raised, nothing is left behind.
    """
    part = folder / f"{secrets.token_hex(8)}.part"
    blocks = _blocks(chunks)
    if not hold:
        return await _received(blocks, part, what, room)
    first = await anext(blocks, b"")
    if len(first) <= hold:  # a block that is not full is the last one
        room(len(first))
        return Received(part, len(first), hashlib.sha256(first).hexdigest(), first)
    return await _received(_with_first(first, blocks), part, what, room)


async def _with_first(first: bytes, others: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if first:
        yield first
    async for block in others:
        yield block


async def _received(
    blocks: AsyncIterator[bytes], part: Path, what: str, room: Callable[[int], None]
) -> Received:
    """Write blocks to a new file."""
    digest = hashlib.sha256()
    size = 0
    kept = False
    try:
        with telling_full(what):
            # Not in a thread: who is cancelled while it opens the file never gets it, and nobody closes it.
            file = _create(part)
            try:
                async for block in blocks:
                    size += len(block)
                    room(size)
                    await asyncio.to_thread(_append, file, digest.update, block)
            finally:
                await asyncio.to_thread(file.close)
        kept = True
        return Received(part, size, digest.hexdigest())
    finally:
        if not kept:
            _remove(part)


def _remove(part: Path) -> None:
    part.unlink(missing_ok=True)


def _create(part: Path) -> IO[bytes]:
    try:
        return part.open("xb", buffering=0)
    except FileNotFoundError:
        part.parent.mkdir(parents=True, exist_ok=True)
        return part.open("xb", buffering=0)


def _ignored(_block: bytes) -> None:
    """Take a block whose hash is known."""


def _append(file: IO[bytes], update: Callable[[bytes], None], block: bytes) -> None:
    update(block)
    view = memoryview(block)
    while view:
        view = view[file.write(view) :]


async def _blocks(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Join small chunks, so that a thread writes a block and not a packet."""
    waiting = bytearray()
    async for chunk in chunks:
        waiting += chunk
        if len(waiting) >= BLOCK:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def put_in_place(received: Received, root: Path, path: str) -> None:
    """Move a complete upload to its location below `root`; an existing file is replaced.

    Raises
    ------
    Conflict
        If a folder has that name, or a file has the name of one of its folders.
    """
    location = root / path
    kept = False
    try:
        with telling_full(path):
            if received.held is not None:
                with _create(received.part) as file:
                    _append(file, _ignored, received.held)
            _replace(received.part, location)
        kept = True
    except (IsADirectoryError, NotADirectoryError, FileExistsError) as error:
        raise Conflict(f"{path} cannot be stored: a file and a folder would have the same name.") from error
    finally:
        if not kept:
            received.part.unlink(missing_ok=True)


def _replace(part: Path, location: Path) -> None:
    """Move a file, as atomic as the system has it; its folder is made if it is missing."""
    try:
        os.replace(part, location)  # noqa: PTH105 (it says that it replaces)
    except FileNotFoundError:
        location.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, location)  # noqa: PTH105
