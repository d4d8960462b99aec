"""Walks the folders of a server: include and exclude patterns, depth, and a number of folders bound it."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from dashboard.data.sources.record import FetchError, Notice, NoticeKind, Record, RecordPage

MOST_FOLDERS = 10_000
NOTICES = 20  # of folders that could not be read


@dataclass(frozen=True)
class Entry:
    """One thing in a folder.

    Attributes
    ----------
    name : str
        Without its folder.
    address : str
        Of the file, or of the folder to walk.
    folder : bool
        Whether it is one.
    size : int or None
        Bytes, where the server says so.
    """

    name: str
    address: str
    folder: bool
    size: int | None = None


@dataclass(frozen=True)
class Listing:
    """A folder: its own address after redirects, its entries, and how many were left out."""

    address: str
    entries: tuple[Entry, ...]
    odd: int = 0


@dataclass(frozen=True)
class TreeRules:
    """What of a tree is listed.

    Attributes
    ----------
    include, exclude : tuple of str
        Patterns of paths below the root, or of names.
    depth : int
        Folders below the root that are entered.
    """

    include: tuple[str, ...]
    exclude: tuple[str, ...]
    depth: int

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> TreeRules:
        """Return the rules of a source's parameters."""
        return cls(tuple(values["include"]), tuple(values["exclude"]), int(values["depth"]))

    def lists(self, path: str) -> bool:
        """Return whether a file is listed."""
        return (not self.include or _matches(path, self.include)) and not self.leaves_out(path)

    def leaves_out(self, path: str) -> bool:
        """Return whether a file or folder is left out, or hidden."""
        return path.rpartition("/")[2].startswith(".") or _matches(path, self.exclude)


def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    name = path.rpartition("/")[2]
    return any(fnmatchcase(path, pattern) or fnmatchcase(name, pattern) for pattern in patterns)


async def walk(
    root: str, rules: TreeRules, read: Callable[[str], Awaitable[Listing]]
) -> AsyncIterator[RecordPage]:
    """Yield the files of a tree, a page for each folder, the folders of one depth before the next.

    Parameters
    ----------
    root : str
        Address of the folder.
    rules : TreeRules
        What is listed.
    read : callable
        From an address to its listing.

    Yields
    ------
    RecordPage
        One for each folder.

    Raises
    ------
    FetchError
        If the root cannot be read; another folder is left out with a notice.
    """
    waiting, seen, told = deque([(root, "", 0)]), {root}, 0
    folders = 0
    while waiting:
        address, path, depth = waiting.popleft()
        if folders == MOST_FOLDERS:
            limit = f"{len(waiting) + 1} folders were not entered after {MOST_FOLDERS}"
            yield RecordPage((), (Notice(NoticeKind.LIMIT, limit),))
            return
        folders += 1
        try:
            found = await read(address)
        except FetchError as error:
            if not path:
                raise
            told += 1
            if told <= NOTICES:
                yield RecordPage((), (Notice(NoticeKind.SKIPPED, f"{path}: {error.detail}"),))
            continue
        if address != found.address and found.address in seen:
            continue
        seen.add(found.address)
        deeper = depth < rules.depth
        for one in found.entries:
            below = f"{path}{one.name}"
            if one.folder and deeper and one.address not in seen and not rules.leaves_out(below):
                seen.add(one.address)
                waiting.append((one.address, f"{below}/", depth + 1))
        yield _page(found, path, rules)


def _page(found: Listing, path: str, rules: TreeRules) -> RecordPage:
    records = tuple(
        Record(one.address, f"{path}{one.name}", size=one.size)
        for one in found.entries
        if not one.folder and rules.lists(f"{path}{one.name}")
    )
    said = f"{path or 'the first folder'}: {found.odd} links with names that no file should have"
    return RecordPage(records, (Notice(NoticeKind.SKIPPED, said),) if found.odd else ())


def is_odd(name: str) -> bool:
    """Return whether a name may not be that of a file in a folder."""
    control = any(ord(character) < 32 or ord(character) == 127 for character in name)
    return name in {"", ".", ".."} or "/" in name or "\\" in name or control
