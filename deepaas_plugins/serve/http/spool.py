"""Uploads on disk: a folder per request below one folder per server, counted, and always removed."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from pathlib import Path

from deepaas_plugins.serve.problems import Problem
from deepaas_plugins.serve.worker.spawning import SPOOL_PREFIX


class Spool:
    """The server's folder of uploads.

    Parameters
    ----------
    limit
        Bytes of all uploads together.
    folder
        Made already, and removed at the end.
    """

    def __init__(self, limit: int, folder: Path) -> None:
        _sweep()
        self.folder = folder
        self._limit = limit
        self._number = 0
        self.used = 0

    def place(self) -> SpooledFile:
        """Return a new place for one request; nothing is made on disk yet."""
        self._number += 1
        return SpooledFile(self, f"{self.folder}/{self._number}")

    def take(self, size: int) -> None:
        """Count bytes before they are written.

        Raises
        ------
        Problem
            503: the spool is full.
        """
        if self.used + size > self._limit:
            raise Problem(
                503, "Too many uploads are on disk at the moment: try again later.", {"Retry-After": "5"}
            )
        self.used += size

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.folder, ignore_errors=True)


class SpooledFile:
    """The folder of one request; made when it is first needed."""

    def __init__(self, spool: Spool, folder: str) -> None:
        self._spool, self.folder = spool, folder
        self._size = 0
        self._files = 0

    def new_file(self) -> Path:
        """Return a path for a file."""
        folder = Path(self.folder)
        folder.mkdir(mode=0o700, exist_ok=True)
        self._files += 1
        return folder / f"spooled-{self._files}"

    def take(self, size: int) -> None:
        """Count bytes before they are written; see `Spool.take`."""
        self._spool.take(size)
        self._size += size

    def remove(self) -> None:
        """Remove the folder and all files in it."""
        self._spool.used -= self._size
        self._size = 0
        if os.path.lexists(self.folder):
            shutil.rmtree(self.folder, ignore_errors=True)


def _sweep() -> None:
    """Remove what servers left that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{SPOOL_PREFIX}*"):
        owner = re.match(rf"{SPOOL_PREFIX}(\d+)-", folder.name)
        # In a container the number may be another process's by now; then the folder stays until the next
        # start.
        if (
            owner
            and int(owner[1]) != os.getpid()
            and not Path("/proc", owner[1]).exists()
            and _is_ours(folder)
        ):
            shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    return not folder.is_symlink() and folder.stat().st_uid == os.getuid()
