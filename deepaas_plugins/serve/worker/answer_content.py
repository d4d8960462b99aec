"""What a module answered with where no JSON was asked for: bytes, text, a file of any kind, or parts.

The content is taken over before the worker begins its next call: a module may write every answer to the same
path, remove the file's name, or hold the content in memory only. Small contents cross as bytes, larger ones
as a file in the folder of the request.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import io
import os
import stat
from collections.abc import AsyncIterable, Iterable, Iterator
from pathlib import Path
from typing import Any

from deepaas_plugins.serve.worker.answer import Answer, failure

#: Bytes up to which an answer crosses in memory.
IN_MEMORY = 4 * 2**20

#: Bytes that one answer may have.
LARGEST = 8 * 2**30

_PIECE = 2**20


def answer_of(content: Any, accept: str, folder: Path) -> Answer:
    """Return the answer with the content that a module returned.

    Parameters
    ----------
    content
        What `predict` returned.
    accept
        The media type that was asked for.
    folder
        Of the request; a large answer is written into it.
    """
    if content is None:
        return Answer(content_type=accept)
    if isinstance(content, bytes | bytearray | memoryview):
        return Answer(content_type=accept, body=bytes(content))
    pieces = _pieces(content)
    if pieces is None:
        kind = type(content).__name__
        return failure(
            500, f"The module answered with {kind} where {accept} was asked for: it must be bytes or a file."
        )
    return _taken(pieces, accept, folder)


def _pieces(content: Any) -> Iterator[bytes] | None:
    """Return an iterator over the bytes; None where there is no way to get any."""
    if isinstance(content, str):
        return iter([content.encode()])
    if callable(getattr(content, "read", None)):
        return _read(content)
    if isinstance(content, AsyncIterable):
        return _encoded(_collected(content))
    if isinstance(content, Iterable) and not isinstance(content, dict | list | tuple | set):
        return _encoded(content)
    return None


def _read(file: Any) -> Iterator[bytes]:
    with contextlib.closing(file) if hasattr(file, "close") else contextlib.nullcontext():
        _require_end(file)
        if isinstance(file, io.BufferedReader) and file.seekable():
            file.seek(0)  # upstream opens the file again, by its name
        while piece := file.read(_PIECE):
            if inspect.isawaitable(piece):
                raise TypeError("the module answered with a file that is read by await")
            yield piece.encode() if isinstance(piece, str) else bytes(piece)


def _require_end(file: Any) -> None:
    """Return if a file has an end: it is a regular one, or has no descriptor, for it is in memory."""
    try:
        mode = os.fstat(file.fileno()).st_mode
    except (OSError, AttributeError, TypeError, ValueError):
        return
    if not stat.S_ISREG(mode):
        raise ValueError("the module answered with a device or pipe, which may never end: it must be a file")


def _encoded(parts: Iterable[Any]) -> Iterator[bytes]:
    for part in parts:
        if not isinstance(part, str | bytes | bytearray | memoryview):
            raise TypeError(f"the module answered with {type(part).__name__} in a sequence of bytes or texts")
        yield part.encode() if isinstance(part, str) else bytes(part)


def _collected(parts: AsyncIterable[Any]) -> Iterator[Any]:
    """Step through an asynchronous generator: the worker has no event loop of its own."""
    with asyncio.Runner() as runner:
        steps = aiter(parts)
        while True:
            try:
                yield runner.run(_next(steps))
            except StopAsyncIteration:
                return


async def _next(steps: Any) -> Any:
    return await anext(steps)


def _taken(pieces: Iterator[bytes], accept: str, folder: Path) -> Answer:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) > IN_MEMORY:
            return Answer(content_type=accept, file=_written(bytes(held), pieces, folder))
    return Answer(content_type=accept, body=bytes(held))


def _written(first: bytes, pieces: Iterator[bytes], folder: Path) -> str:
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / "answer"
    with path.open("xb") as file:
        size = file.write(first)
        for piece in pieces:
            size += file.write(piece)
            if size > LARGEST:
                raise ValueError(f"the module's answer is larger than {LARGEST} bytes")
    return str(path)
