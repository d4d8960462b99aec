"""The cache of files of reference datasets: fetched when they are needed, dropped when there is no room.

A content lies in the cache once, under its hash, and has a further name in each dataset that has it: jobs and
plots read a reference dataset like any other. What is recorded as cached lies there whole. A crash leaves
parts and contents without a row, which the next start removes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from weakref import WeakValueDictionary

from dashboard.data.dataset import DataFile, Dataset, FileState
from dashboard.data.ingest.upload_stream import Received
from dashboard.data.references.fetching import Fetching, ReferenceFetcher
from dashboard.data.references.object_folder import ObjectFolder
from dashboard.data.references.reference import CacheFull, CacheStatus
from dashboard.data.references.room import CacheRoom
from dashboard.data.references.store import AT_ONCE, Cached, ReferenceRows
from dashboard.data.sources.record import FetchError

GROUP = 200  # files that are fetched together, and recorded in one transaction
TOUCH_S = 60.0  # in which a second use of a content is not recorded
STATUS_S = 2.0  # in which what of a dataset is here is not counted again


class ReferenceCache:
    """Brings files of reference datasets here.

    Parameters
    ----------
    rows : ReferenceRows
        The files.
    folder : ObjectFolder
        Where they are kept.
    fetcher : ReferenceFetcher
        Fetches them.
    room : CacheRoom
        Keeps it within its limit.
    """

    def __init__(
        self,
        rows: ReferenceRows,
        folder: ObjectFolder,
        fetcher: ReferenceFetcher,
        room: CacheRoom,
    ) -> None:
        self.rows = rows
        self.folder = folder
        self.room = room
        self._fetcher = fetcher
        self._locks: WeakValueDictionary[tuple[str, int], asyncio.Lock] = WeakValueDictionary()
        self._touched: dict[str, float] = {}
        self._status: dict[str, tuple[float, CacheStatus]] = {}

    async def start(self) -> None:
        """Open the clients, and make rows and files of the cache agree."""
        await self._fetcher.start()
        gone = sorted(await asyncio.to_thread(self.folder.sweep, await self.rows.contents()))
        for start in range(0, len(gone), AT_ONCE):
            await self.room.drop(gone[start : start + AT_ONCE])

    async def stop(self) -> None:
        """Close the clients."""
        await self._fetcher.stop()

    async def ensure(self, dataset: str, paths: Sequence[str]) -> Mapping[str, str]:
        """Bring some files of a dataset here for somebody who waits: one attempt each.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        paths : sequence of str
            Its files; those that are no references are passed over.

        Returns
        -------
        Mapping
            Why files are not here, by path.
        """
        run = Fetching(attempts=1)
        with self.room.holding(dataset):
            wanted = await self.rows.named(dataset, paths)
            for start in range(0, len(wanted), GROUP):
                try:
                    await self._bring(dataset, wanted[start : start + GROUP], run)
                except CacheFull as full:
                    missing = {
                        file.path: full.detail for file in wanted[start:] if not self._has(dataset, file)
                    }
                    await self.rows.settle(dataset, (), missing)
                    break
            now = await self.rows.named(dataset, paths)
            return {file.path: file.reason for file in now if file.state is FileState.REFERENCE}

    async def fill(
        self, dataset: str, run: Fetching, progressed: Callable[[int], None], after: str = ""
    ) -> AsyncIterator[list[str]]:
        """Bring all files of a dataset here, in groups.

        Parameters
        ----------
        dataset : str
            The dataset's id; the caller holds it.
        run : Fetching
            Says when to end.
        progressed : callable
            Called with the number of files that were looked at.
        after : str
            Only files whose path sorts after this one.

        Yields
        ------
        list of str
            Paths of a group; those that could not be fetched have their reason in their row.

        Raises
        ------
        CacheFull
            If there is no room for more.
        """
        done = 0
        while run.go_on() and (files := await self.rows.after(dataset, after, GROUP)):
            await self._bring(dataset, files, run)
            after = files[-1].path
            done += len(files)
            progressed(done)
            yield [file.path for file in files]

    async def status(self, dataset: Dataset) -> CacheStatus:
        """Return what of a dataset is here; counted at most every few seconds."""
        now = time.monotonic()
        kept = self._status.get(dataset.id)
        if kept is not None and now - kept[0] < STATUS_S:
            return replace(kept[1], holding=str(dataset.holding), reason=dataset.reason)
        found = await self.rows.counts(dataset.id)
        cached, size = found.get(FileState.CACHED, (0, 0))
        told = CacheStatus(
            str(dataset.holding),
            dataset.count,
            cached,
            size,
            found.get(FileState.READ, (0, 0))[0],
            found["failed"][0],
            await self.rows.last_fetch(dataset.id) if cached else None,
            dataset.reason,
            self.room.limit,
            await self.rows.size(),
        )
        self._status[dataset.id] = (now, told)
        return told

    def _has(self, dataset: str, file: DataFile) -> bool:
        return file.state is FileState.CACHED and self.folder.place(dataset, file.path).is_file()

    async def _bring(self, dataset: str, files: Sequence[DataFile], run: Fetching) -> None:
        """Bring one group here."""
        cached = [file for file in files if file.state is FileState.CACHED]
        here = await asyncio.to_thread(self.folder.here, dataset, [file.path for file in cached])
        await self._touch([str(file.sha256) for file in cached if file.path in here])
        wanted = [file for file in files if file.path not in here]
        if not wanted:
            return
        async with self._alone([(str(file.acquisition), file.record or 0) for file in wanted]):
            known, missing = await self._known(wanted)
            fetched = await self._fetcher.fetch(missing, run, self.folder.parts)
            await self._settle(dataset, known, fetched)

    async def _known(self, wanted: Sequence[DataFile]) -> tuple[list[Cached], list[DataFile]]:
        """Return what other datasets have in the cache, and the files that must be fetched."""
        known, missing = list[Cached](), list[DataFile]()
        for acquisition in {file.acquisition for file in wanted}:
            mine = [file for file in wanted if file.acquisition == acquisition]
            found = await self.rows.known(str(acquisition), [file.record or 0 for file in mine])
            for file in mine:
                sha256, size = found.get(file.record or 0, ("", 0))
                same = file.sha256 in (None, sha256)
                if sha256 and same and await asyncio.to_thread(self.folder.sound, sha256, size):
                    known.append(Cached(file.path, sha256, size))
                else:
                    missing.append(file)
        return known, missing

    async def _settle(
        self, dataset: str, known: list[Cached], fetched: list[tuple[DataFile, Received | FetchError]]
    ) -> None:
        """Move what was fetched into the cache, and record what became of the files."""
        parts = {file.path: one for file, one in fetched if isinstance(one, Received)}
        failed = {file.path: one.detail for file, one in fetched if isinstance(one, FetchError)}
        for file, one in fetched:
            if isinstance(one, Received) and file.sha256 not in (None, one.sha256):
                said = (
                    f"the archive sends other content than before (SHA-256 {one.sha256}, not {file.sha256})"
                )
                failed[file.path] = f"{said}; forget what is cached to accept it"
        good = {path: one for path, one in parts.items() if path not in failed}
        placed = [*known, *(Cached(path, one.sha256, one.size) for path, one in good.items())]
        try:
            async with self.room.placing:
                await self.room.make(dataset, sum(one.size for one in good.values()))
                await asyncio.to_thread(self._place, dataset, good, placed)
                await self.rows.settle(dataset, placed, failed)
        finally:
            await asyncio.to_thread(_remove, list(parts.values()))
        self._status.pop(dataset, None)

    def _place(self, dataset: str, good: dict[str, Received], placed: Sequence[Cached]) -> None:
        for one in good.values():
            self.folder.take(one.part, one.sha256)
        for cached in placed:
            self.folder.link(cached.sha256, dataset, cached.path)

    async def _touch(self, contents: Sequence[str]) -> None:
        now = time.monotonic()
        some = {one for one in contents if now - self._touched.get(one, -TOUCH_S) >= TOUCH_S}
        if some:
            if len(self._touched) > 100 * GROUP:
                self._touched.clear()
            self._touched.update(dict.fromkeys(some, now))
            await self.rows.touch(some)

    @asynccontextmanager
    async def _alone(self, records: Sequence[tuple[str, int]]) -> AsyncIterator[None]:
        """Let nobody else fetch these records meanwhile: who waited finds them in the cache."""
        async with AsyncExitStack() as stack:
            for key in sorted(set(records)):
                lock = self._locks.get(key)
                if lock is None:
                    lock = self._locks[key] = asyncio.Lock()
                await stack.enter_async_context(lock)
            yield


def _remove(parts: Sequence[Received]) -> None:
    for one in parts:
        one.part.unlink(missing_ok=True)
