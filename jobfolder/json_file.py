"""JSON files that several processes share: written by rename, read up to a limit."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

#: Bytes of a JSON file that are read where the caller does not say.
READ_LIMIT = 64 * 2**20


def write_json(path: Path, content: object, *, indent: int | None = None, durable: bool = False) -> None:
    """Write a JSON file by rename, so that a reader sees all of it or the file before.

    Two processes may write the same file at once: each writes a temporary file of its own, and the later
    rename wins.

    Parameters
    ----------
    path : Path
        The file; its folder exists.
    content : object
        What `json.dumps` takes.
    indent : int, optional
        As of `json.dumps`, for files that people read.
    durable : bool
        Flush the file to the disk before the rename, so that a power cut leaves no empty file.

    Raises
    ------
    OSError
        If the disk does not take it; the file before stays as it is.
    ValueError
        If a number is not finite.
    """
    # Escapes keep names that are no valid Unicode (lone surrogates of a file system's names) writable.
    text = json.dumps(content, allow_nan=False, indent=indent) + "\n"
    temporary = temporary_beside(path)
    try:
        temporary.write_text(text, encoding="ascii")
        put_in_place(temporary, path, durable=durable)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def read_json(path: Path, limit: int = READ_LIMIT) -> dict[str, Any] | None:
    """Return the JSON object in a file, or None where there is no such file.

    Parameters
    ----------
    path : Path
        The file. It is trusted not to be a pipe: for a folder that a container writes into, the platform
        uses ``dashboard.base.untrusted_folder``.
    limit : int
        Bytes that it may have.

    Raises
    ------
    OSError
        If it cannot be read.
    ValueError
        If it is larger than `limit`, no JSON, or no object.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    if len(data) > limit:
        raise ValueError(f"{path.name} is larger than {limit} bytes")
    content = json.loads(data)
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} holds no JSON object")  # noqa: TRY004 the file is wrong, no argument
    return content


def temporary_beside(path: Path) -> Path:
    """Return a new hidden name in the folder of `path`, for a file that is renamed to it once complete."""
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}")


def put_in_place(temporary: Path, path: Path, *, durable: bool = False) -> None:
    """Rename a complete file to its final name.

    Parameters
    ----------
    temporary, path : Path
        The two names, in one folder.
    durable : bool
        Flush the file to the disk first.

    Raises
    ------
    OSError
        If the disk does not take it.
    """
    if durable:
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
    temporary.replace(path)
