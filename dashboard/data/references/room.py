"""Room in the cache of reference datasets: what was used longest ago, and is not in use, is dropped."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager

from dashboard.data.dataset import FileState
from dashboard.data.references.object_folder import ObjectFolder
from dashboard.data.references.reference import CacheFull
from dashboard.data.references.store import ReferenceRows

InUse = Callable[[], Awaitable[Collection[str]]]


class CacheRoom:
    """Keeps the cache within its limit.

    Parameters
    ----------
    rows : ReferenceRows
        What is in the cache, and who has it.
    folder : ObjectFolder
        Where it is.
    limit : int
        The most bytes.
    in_use : callable
        Returns the datasets that jobs read at present: of them nothing is dropped.

    Attributes
    ----------
    placing : asyncio.Lock
        Held by who changes what is in the cache.
    """

    def __init__(self, rows: ReferenceRows, folder: ObjectFolder, *, limit: int, in_use: InUse) -> None:
        self.limit = limit
        self.placing = asyncio.Lock()
        self._rows = rows
        self._folder = folder
        self._in_use = in_use
        self._held: Counter[str] = Counter()

    @contextmanager
    def holding(self, dataset: str) -> Iterator[None]:
        """Drop nothing of a dataset while the block runs."""
        self.hold(dataset)
        try:
            yield
        finally:
            self.release(dataset)

    def hold(self, dataset: str) -> None:
        """Drop nothing of a dataset until `release` was called as often."""
        self._held[dataset] += 1

    def release(self, dataset: str) -> None:
        """End a `hold`."""
        self._held[dataset] -= 1
        if self._held[dataset] <= 0:
            del self._held[dataset]

    async def make(self, dataset: str, need: int) -> None:
        """Make room for some bytes of a dataset; the caller holds `placing`.

        Raises
        ------
        CacheFull
            If what is in the cache is in use.
        """
        kept: set[str] | None = None
        while (over := await self._rows.size() + need - self.limit) > 0:
            kept = kept or {dataset, *self._held, *await self._in_use()}
            hopeless = await self._rows.size_of(dataset) + need > self.limit
            oldest = [] if hopeless else await self._rows.least_used(kept)
            if not oldest:
                said = (
                    f"the cache of reference datasets ({self.limit / 1e6:,.0f} MB, setting sources.cache_mb)"
                )
                why = "is too small for this dataset" if hopeless else "is full of what other jobs read"
                raise CacheFull(f"{said} {why}", hopeless=hopeless)
            some = list[str]()
            for sha256, size in oldest:
                some.append(sha256)
                over -= size
                if over <= 0:
                    break
            await self.drop(some)

    async def trim(self) -> None:
        """Drop what is over the limit and not in use."""
        async with self.placing:
            try:
                await self.make("", 0)
            except CacheFull:
                return

    async def drop(self, contents: Sequence[str]) -> None:
        """Drop contents: from the datasets, then from the rows, then from the cache."""
        await asyncio.to_thread(self._folder.unlink, await self._rows.links(contents))
        await self._rows.drop(contents)
        await asyncio.to_thread(self._folder.remove, contents)

    async def forget(self, dataset: str) -> None:
        """Drop all of a dataset, and what its contents were: new ones are accepted."""
        async with self.placing:
            after = ""
            while files := await self._rows.after(dataset, after, 1000):
                paths = [(dataset, file.path) for file in files if file.state is FileState.CACHED]
                await asyncio.to_thread(self._folder.unlink, paths)
                after = files[-1].path
            alone = await self._rows.release(dataset)
            await asyncio.to_thread(self._folder.remove, alone)
