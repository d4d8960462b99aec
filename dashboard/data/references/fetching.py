"""Fetches records of acquisitions for the cache: some at once, with attempts and pauses."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from dashboard.base.errors import NotFound
from dashboard.data.acquisition.acquisition import RecordRow
from dashboard.data.acquisition.attempts import HOPELESS, attempted, failure_of
from dashboard.data.acquisition.content import require_data, with_head
from dashboard.data.acquisition.factory import SourceFactory
from dashboard.data.acquisition.store.records import RecordRows
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.dataset import DataFile
from dashboard.data.ingest.upload_stream import Received, TooLarge, receive
from dashboard.data.references.store import ReferenceRows
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.source import Source
from dashboard.settings import SourceSettings

MB = 10**6
Result = tuple[DataFile, Received | FetchError]


@dataclass
class Fetching:
    """One call for files of a dataset.

    Attributes
    ----------
    attempts : int
        At a file; 0: as the settings say.
    go_on : callable
        Whether the files are still wanted.
    halted : FetchError or None
        Why no further file is tried.
    """

    attempts: int = 0
    go_on: Callable[[], bool] = lambda: True
    halted: FetchError | None = None
    unlucky: int = 0

    def count(self, result: Received | FetchError) -> None:
        """Count failures of the server that come one after another."""
        self.unlucky = self.unlucky + 1 if isinstance(result, FetchError) and result.passing else 0
        if isinstance(result, FetchError) and self.unlucky >= HOPELESS:
            told = f"it was not tried: {HOPELESS} before it failed one after another: {result.detail}"
            self.halted = FetchError(result.fault, told)


class ReferenceFetcher:
    """Fetches them.

    Parameters
    ----------
    factory : SourceFactory
        Makes the source, with its credentials and the guarded clients.
    sources, records, rows : SourceStore, RecordRows, ReferenceRows
        What is fetched from where.
    settings : SourceSettings
        How many at once, and how often.
    file_limit_mb : int
        The most that one file may have.
    """

    def __init__(
        self,
        factory: SourceFactory,
        sources: SourceStore,
        records: RecordRows,
        rows: ReferenceRows,
        *,
        settings: SourceSettings,
        file_limit_mb: int,
    ) -> None:
        self._factory = factory
        self._sources = sources
        self._records = records
        self._rows = rows
        self._settings = settings
        self._limit_mb = file_limit_mb

    async def start(self) -> None:
        """Open the clients."""
        await self._factory.start()

    async def stop(self) -> None:
        """Close the clients."""
        await self._factory.stop()

    async def fetch(self, files: Sequence[DataFile], run: Fetching, parts: Path) -> list[Result]:
        """Fetch files; each has its failure in place of raising it.

        Parameters
        ----------
        files : sequence of DataFile
            Which.
        run : Fetching
            The call that they are wanted for.
        parts : Path
            Folder for their content; who is given a part removes it.

        Returns
        -------
        list of (DataFile, Received or FetchError)
            In any order.
        """
        done: list[Result] = []
        try:
            for acquisition in sorted({str(file.acquisition) for file in files}):
                mine = [file for file in files if file.acquisition == acquisition]
                try:
                    await self._fetch(acquisition, mine, run, parts, done)
                except Exception as error:  # noqa: BLE001 - it becomes the reason of those that were not tried
                    failure = failure_of(error)
                    tried = {file.path for file, _ in done}
                    done += [(file, failure) for file in mine if file.path not in tried]
        except BaseException:
            for _, one in done:
                if isinstance(one, Received):
                    one.part.unlink(missing_ok=True)
            raise
        return done

    async def _fetch(
        self, acquisition: str, files: Sequence[DataFile], run: Fetching, parts: Path, done: list[Result]
    ) -> None:
        identifier = await self._rows.source_of(acquisition)
        if identifier is None:
            raise FetchError(Fault.NOT_FOUND, "the list that it stood in was deleted with its source")
        try:
            row = await self._sources.get(identifier)
        except NotFound as error:
            raise FetchError(Fault.NOT_FOUND, "its source was deleted") from error
        records = await self._records.numbered(acquisition, [file.record or 0 for file in files])
        gate = asyncio.Semaphore(self._settings.parallel)
        async with self._factory.open(row, f"cache-{secrets.token_hex(8)}") as source:

            async def one(file: DataFile) -> None:
                async with gate:
                    done.append(
                        (file, await self._one(source, records.get(file.record or 0), file, run, parts))
                    )

            async with asyncio.TaskGroup() as group:
                for file in files:
                    group.create_task(one(file))

    async def _one(
        self, source: Source, record: RecordRow | None, file: DataFile, run: Fetching, parts: Path
    ) -> Received | FetchError:
        if record is None:
            return FetchError(Fault.NOT_FOUND, "the list that it stood in was deleted")
        if run.halted is not None:
            return run.halted
        if not run.go_on():
            return FetchError(Fault.CUT, "it was not fetched: nobody waited for it any more")
        found, _ = await attempted(
            lambda: self._received(source, record, file, parts),
            run.attempts or self._settings.attempts,
            self._settings.retry_s,
            lambda: run.halted is None and run.go_on(),
        )
        run.count(found)
        return found

    async def _received(self, source: Source, record: RecordRow, file: DataFile, parts: Path) -> Received:
        def room(size: int) -> None:
            if size > self._limit_mb * MB:
                raise TooLarge(f"It is larger than {self._limit_mb:,} MB (setting data.file_limit_mb).")

        async with aclosing(source.open(record.record)) as blocks:  # type: ignore[type-var]
            head, whole = await with_head(blocks)
            require_data(head, record.path)
            return await receive(whole, parts, file.path, room)
