"""Messages and files over a stream: a line with a length, that many bytes of JSON, then the bytes of a file.

The standard library only: both ends of a connection to a cluster use it.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

#: Bytes of the longest message that is accepted.
LIMIT = 2**26

#: Bytes of a file that are in memory at once.
PIECE = 2**18


class Broken(Exception):
    """The stream ended, or its content is no message."""


def message(obj: object) -> bytes:
    """Return the bytes of a message."""
    data = json.dumps(obj).encode()
    return b"%d\n%b" % (len(data), data)


def length(line: bytes) -> int:
    """Return the length in the first line of a message.

    Parameters
    ----------
    line : bytes
        Decimal digits and a line feed.

    Returns
    -------
    int
        Bytes that follow, at most `LIMIT`.

    Raises
    ------
    Broken
        If the line is anything else.
    """
    try:
        size = int(line)
    except ValueError:
        size = -1
    if not 0 <= size <= LIMIT or not line.endswith(b"\n"):
        raise Broken(f"the other end said {line[:200].decode('utf-8', 'replace').strip()!r}")
    return size


def read_message(stream: BinaryIO) -> Any:
    """Read a message.

    Parameters
    ----------
    stream : BinaryIO
        At the start of a message.

    Returns
    -------
    object
        The JSON value of the message.

    Raises
    ------
    Broken
        If the stream holds no message, or ends in the middle of one.
    """
    data = stream.read(size := length(stream.readline(16)))
    if len(data) < size:
        raise Broken("the stream ended in the middle of a message")
    return json.loads(data)


def confined(path: str) -> str:
    """Return a relative path that stays below its folder.

    Parameters
    ----------
    path : str
        As the other end gave it.

    Returns
    -------
    str
        The same path.

    Raises
    ------
    Broken
        If the path is absolute, empty, or has a part that leads elsewhere.
    """
    parts = path.split("/")
    if not path or path.startswith("/") or "\0" in path or any(part in {"", ".", ".."} for part in parts):
        raise Broken(f"the other end sent a file called {path!r}")
    return path


def regular_files(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    """Yield the relative path and status of each regular file in a folder (of a single file: ``.``)."""
    if root.is_file():
        yield ".", root.stat()
        return
    waiting = [root]
    while waiting:
        try:
            entries = sorted(os.scandir(waiting.pop()), key=lambda entry: entry.name)
        except OSError:
            continue  # removed meanwhile
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG((found := entry.stat(follow_symlinks=False)).st_mode):
                    yield os.path.relpath(entry.path, root), found
            except OSError:
                continue


def folders(root: Path) -> list[str]:
    """List the folders below one, parents first, by their relative paths; links are not followed."""
    return [
        str((Path(place) / name).relative_to(root))
        for place, names, _ in os.walk(root)
        for name in sorted(names)
        if not (Path(place) / name).is_symlink()
    ]


def fingerprint(source: Path) -> str:
    """Return a name for the content of a folder or file, from its path, sizes and times."""
    digest = hashlib.sha256(str(source).encode())
    for path, found in regular_files(source):
        digest.update(f"{path}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:32]


def place_below(root: Path, path: str) -> Path:
    """Return the path of a received file below `root`; creates its folders.

    Raises
    ------
    Broken
        If the path leaves `root`, or one of its folders is a link.
    """
    if path == ".":
        return root
    place = root
    parts = confined(path).split("/")
    for part in parts[:-1]:
        place /= part
        if place.is_symlink():
            raise Broken(f"{place} is a link, and nothing is written behind it")
        place.mkdir(exist_ok=True)
    return place / parts[-1]


def pieces(path: Path, offset: int, size: int) -> Iterator[bytes]:
    """Yield exactly `size` bytes of a file; a file that became shorter is padded, to keep the framing.

    Parameters
    ----------
    path : Path
        The file; it must not be a link.
    offset, size : int
        Range in bytes.
    """
    left = size
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(handle, "rb") as file:
        file.seek(offset)
        while left:
            data = file.read(min(PIECE, left)) or bytes(min(PIECE, left))
            left -= len(data)
            yield data
