"""Brings files of a dataset that are not here; of a dataset with files of its own there are none to bring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

#: From a dataset and paths of its files to why files are still not here, by path.
Fill = Callable[[str, Sequence[str]], Awaitable[Mapping[str, str]]]


async def nothing_to_bring(_dataset: str, _paths: Sequence[str]) -> Mapping[str, str]:
    """Bring nothing."""
    return {}
