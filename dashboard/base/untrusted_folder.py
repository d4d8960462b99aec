"""Reading a folder that somebody else writes into, such as a container's ``out/``.

A container may put a link to the platform's own files, a pipe that never answers, or a file of terabytes
where a report is expected. So each part of a path is opened without following links, only regular files are
read, and every read has a limit.
"""

from __future__ import annotations

import errno
import hashlib
import json
import math
import os
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from io import FileIO
from pathlib import Path, PurePosixPath
from typing import Any

JSON_LIMIT = 64 * 2**20
BLOCK = 2**20
_PART = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
# A pipe would wait for a writer: without blocking it opens, is seen to be no regular file, and is closed.
_LEAF = _PART | os.O_NONBLOCK


class NotConfined(OSError):
    """The path leads out of the folder, through a link, or to something that is no regular file."""


@dataclass(frozen=True)
class ConfinedFile:
    """A regular file below the folder; `path` is relative, with ``/``."""

    path: str
    size: int


class ConfinedFolder:
    """A folder whose content is not trusted, nor that it is a folder; the path that leads to it is."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def open(self, path: str) -> FileIO:
        """Open a regular file for reading, unbuffered.

        Raises
        ------
        FileNotFoundError
            If it is not there.
        NotConfined
            If it is no regular file reached by folders only.
        """
        parts = PurePosixPath(path).parts
        if not parts or path.startswith("/") or ".." in parts or "\0" in path:
            raise NotConfined(errno.EPERM, "is not a path below the folder", path)
        try:
            descriptor = os.open(self.root, _PART | os.O_DIRECTORY)
        except OSError as error:
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise NotConfined(errno.EPERM, "lies in a folder that is a link", path) from error
            raise
        try:
            for number, part in enumerate(parts, 1):
                flags = _LEAF if number == len(parts) else _PART | os.O_DIRECTORY
                deeper = os.open(part, flags, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = deeper
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise NotConfined(errno.EPERM, "is not a regular file", path)
        except OSError as error:
            os.close(descriptor)
            if error.errno in {errno.ELOOP, errno.ENOTDIR}:
                raise NotConfined(errno.EPERM, "is reached through a link", path) from error
            raise
        return FileIO(descriptor, "rb")

    def size(self, path: str) -> int | None:
        """Return the size of a regular file, or None where there is none."""
        try:
            with self.open(path) as file:
                return os.fstat(file.fileno()).st_size
        except OSError:
            return None

    def changed(self, path: str) -> float | None:
        """Return when a regular file was written last, in seconds since 1970, or None where there is none."""
        try:
            with self.open(path) as file:
                return os.fstat(file.fileno()).st_mtime
        except OSError:
            return None

    def read(self, path: str, limit: int, start: int = 0) -> bytes:
        """Return a part of a file.

        Parameters
        ----------
        path : str
            Below the folder.
        limit : int
            The most bytes to return.
        start : int
            The first byte.

        Returns
        -------
        bytes
            Fewer than `limit` bytes at the end of the file.

        Raises
        ------
        OSError
            As `open`: the file is missing, or is no plain file inside the folder.
        """
        with self.open(path) as file:
            file.seek(start)
            parts = []
            while limit > 0 and (part := file.read(min(limit, BLOCK))):
                parts.append(part)
                limit -= len(part)
        return b"".join(parts)

    def json(self, path: str, limit: int = JSON_LIMIT) -> dict[str, Any] | None:
        """Return the JSON object in a file, NaN and infinities in it as None; None where there is no file.

        Raises
        ------
        ValueError
            If it is too large or not a JSON object.
        """
        try:
            text = self.read(path, limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ValueError(f"{path} {error.strerror}") from error
        if len(text) > limit:
            raise ValueError(f"{path} is larger than {limit} bytes")
        try:
            value = json.loads(text, parse_constant=lambda _: None, parse_float=_finite)
            json.dumps(value)  # what is too deep to be written again cannot be stored or sent
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is no JSON: {error}") from error
        if not isinstance(value, dict):
            raise ValueError(f"{path} does not hold a JSON object")  # noqa: TRY004 the file is wrong, no argument
        return value

    def files(self, below: str = "") -> Iterator[ConfinedFile]:
        """Go through all regular files, by path; links, pipes and names that are no UTF-8 are passed over."""
        start = self.root / below
        if self.root.is_symlink():
            return
        if below and any((self.root / part).is_symlink() for part in _prefixes(below)):
            return
        for folder, folders, names in os.walk(start, followlinks=False):
            folders.sort()
            for name in sorted(names):
                path = Path(folder, name)
                try:
                    found = path.lstat()
                except OSError:
                    continue
                relative = path.relative_to(self.root).as_posix()
                if stat.S_ISREG(found.st_mode) and readable(relative) == relative:
                    yield ConfinedFile(relative, found.st_size)

    def sha256(self, path: str) -> str:
        """Return a file's SHA-256; errors as `open`."""
        with self.open(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def copy(self, below: str, target: Path) -> None:
        """Copy the regular files below a folder into `target`; errors as `open`, and of the disk."""
        target.mkdir(parents=True, exist_ok=True)
        for found in self.files(below):
            to = target / PurePosixPath(found.path).relative_to(below)
            to.parent.mkdir(parents=True, exist_ok=True)
            with self.open(found.path) as source, to.open("wb") as file:
                shutil.copyfileobj(source, file, BLOCK)


def _finite(text: str) -> float | None:
    number = float(text)
    return number if math.isfinite(number) else None


def readable(text: str, limit: int | None = None) -> str:
    """Return a text as it can be stored and sent: valid Unicode without NUL, at most `limit` letters."""
    return text[:limit].encode("utf-8", "replace").decode("utf-8").replace("\0", "")


def _prefixes(path: str) -> Iterator[str]:
    parts = PurePosixPath(path).parts
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])
