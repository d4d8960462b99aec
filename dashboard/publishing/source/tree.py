"""The files of a module's folder, which is not trusted: no links are followed, everything is bounded."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dashboard.base.untrusted_folder import ConfinedFolder

#: Folders that are no part of a module: nothing in them is read or built.
LEFT_OUT = frozenset(
    {".git", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", "node_modules"}
)
FILES_AT_MOST = 5000
TEXT_LIMIT = 512 * 1024  # bytes of a file that is looked at


@dataclass(frozen=True)
class SourceTree:
    """A folder of a module.

    Attributes
    ----------
    folder : Path
        It.
    """

    folder: Path
    _texts: dict[str, str | None] = field(default_factory=dict, repr=False)

    @cached_property
    def _found(self) -> tuple[dict[str, int], tuple[str, ...], bool]:
        sizes: dict[str, int] = {}
        links: list[str] = []
        for at, folders, names in os.walk(self.folder, followlinks=False):
            here = Path(at)
            links += [self._relative(here / name) for name in folders if (here / name).is_symlink()]
            folders[:] = sorted(n for n in folders if n not in LEFT_OUT and not (here / n).is_symlink())
            for name in sorted(names):
                path = here / name
                if path.is_symlink():
                    links.append(self._relative(path))
                elif path.is_file():
                    sizes[self._relative(path)] = path.stat().st_size
                if len(sizes) > FILES_AT_MOST:
                    return sizes, tuple(links), True
        return sizes, tuple(links), False

    def _relative(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()

    @property
    def sizes(self) -> dict[str, int]:
        """Bytes of every regular file by its path, with ``/``."""
        return self._found[0]

    @property
    def links(self) -> tuple[str, ...]:
        """Paths that are symbolic links."""
        return self._found[1]

    @property
    def too_many(self) -> bool:
        """Whether there are more files than `FILES_AT_MOST`; `sizes` then has only some."""
        return self._found[2]

    def has(self, path: str) -> bool:
        """Whether there is a regular file at a path."""
        return path in self.sizes

    def text(self, path: str) -> str | None:
        """Return the beginning of a text file; None where there is none, or it is no text."""
        if path not in self._texts:
            self._texts[path] = self._read(path)
        return self._texts[path]

    def _read(self, path: str) -> str | None:
        try:
            content = ConfinedFolder(self.folder).read(path, TEXT_LIMIT)
        except OSError:
            return None
        if b"\0" in content:
            return None
        return content.decode("utf-8", "replace")

    def first(self, *names: str) -> str | None:
        """Return the first of some files that is there, whatever the case of its letters."""
        known = {path.casefold(): path for path in self.sizes}
        return next((known[name.casefold()] for name in names if name.casefold() in known), None)
