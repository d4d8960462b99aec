"""The files of the cache: one for each content, with further names in the datasets that have it."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

PART_S = 86_400.0  # after which a part is nobody's any more
ORPHAN_S = 3600.0  # after which a content without a row is nobody's any more


class ObjectFolder:
    """Files by the hash of their content.

    Parameters
    ----------
    root : Path
        ``<home>/cache``.
    data : Path
        ``<home>/data``, on the same file system.
    """

    def __init__(self, root: Path, data: Path) -> None:
        self.parts = root / "parts"
        self._root = root
        self._data = data

    def path(self, sha256: str) -> Path:
        """Return where a content is."""
        return self._root / sha256[:2] / sha256

    def place(self, dataset: str, path: str) -> Path:
        """Return where a dataset has a file."""
        return self._data / dataset / "files" / path

    def take(self, part: Path, sha256: str) -> None:
        """Move a complete file into the cache.

        Parameters
        ----------
        part : Path
            The file.
        sha256 : str
            Its hash.
        """
        there = self.path(sha256)
        there.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part, there)  # noqa: PTH105 (it says that it replaces)

    def sound(self, sha256: str, size: int) -> bool:
        """Return whether a content is there and is what it was.

        Parameters
        ----------
        sha256 : str
            Its hash.
        size : int
            Its bytes.
        """
        try:
            with self.path(sha256).open("rb") as file:
                return (
                    os.fstat(file.fileno()).st_size == size
                    and hashlib.file_digest(file, "sha256").hexdigest() == sha256
                )
        except FileNotFoundError:
            return False

    def link(self, sha256: str, dataset: str, path: str) -> None:
        """Give a content a name in a dataset, or copy it where the file system has no links.

        Parameters
        ----------
        sha256 : str
            The content.
        dataset, path : str
            The dataset's id; the file in it.
        """
        there = self.place(dataset, path)
        there.parent.mkdir(parents=True, exist_ok=True)
        new = there.with_name(f".{there.name}.{os.getpid()}.new")
        new.unlink(missing_ok=True)
        try:
            os.link(self.path(sha256), new)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(self.path(sha256), new)
        os.replace(new, there)  # noqa: PTH105
        new.unlink(missing_ok=True)  # of two names of one file, the system leaves both

    def adopt(self, dataset: str, path: str, sha256: str) -> None:
        """Take a file of a dataset into the cache, where it stays in the dataset, too.

        Parameters
        ----------
        dataset, path : str
            The dataset's id; the file in it.
        sha256 : str
            Its hash.
        """
        there = self.path(sha256)
        if not there.exists():
            there.parent.mkdir(parents=True, exist_ok=True)
            try:
                os.link(self.place(dataset, path), there)
            except OSError:
                shutil.copyfile(self.place(dataset, path), there)

    def here(self, dataset: str, paths: Iterable[str]) -> set[str]:
        """Return which of these files a dataset has.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : iterable of str
            The files.
        """
        return {path for path in paths if self.place(dataset, path).is_file()}

    def unlink(self, links: Iterable[tuple[str, str]]) -> None:
        """Take files out of datasets."""
        for dataset, path in links:
            self.place(dataset, path).unlink(missing_ok=True)

    def remove(self, contents: Iterable[str]) -> None:
        """Remove contents."""
        for sha256 in contents:
            self.path(sha256).unlink(missing_ok=True)

    def sweep(self, known: set[str]) -> set[str]:
        """Remove parts and contents that nobody knows; return the known contents that are gone."""
        self.parts.mkdir(parents=True, exist_ok=True)
        now = time.time()
        for part in self.parts.iterdir():
            if now - part.stat().st_mtime > PART_S:
                part.unlink(missing_ok=True)
        seen = set()
        for file in self._root.glob("??/*"):
            if file.name in known:
                seen.add(file.name)
            elif now - file.stat().st_mtime > ORPHAN_S:
                file.unlink(missing_ok=True)
        return known - seen
