"""Fetches the queued records of an acquisition: some at once, with attempts, recorded in batches.

What is recorded as fetched lies in the dataset. A crash between the two leaves a file whose record is still
queued: it is fetched again and replaces it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from dashboard.data.acquisition.acquisition import Acquisition, Outcome, RecordRow, SourceRow
from dashboard.data.acquisition.attempts import HOPELESS, attempted, failure_of
from dashboard.data.acquisition.content import path_of_content, require_data, with_head
from dashboard.data.acquisition.factory import SourceFactory
from dashboard.data.acquisition.store.records import RecordRows
from dashboard.data.dataset import Dataset
from dashboard.data.ingest.upload_room import UploadRoom
from dashboard.data.ingest.upload_service import UploadService
from dashboard.data.ingest.upload_stream import Received
from dashboard.data.service import DataService
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.source import Source
from dashboard.settings import SourceSettings

BATCH = 200  # records of one transaction
GATHER_S = 0.2  # in which a batch is gathered: what a crash loses of the small files


@dataclass
class _Run:
    """One acquisition that is being fetched."""

    acquisition: Acquisition
    source: Source
    uploads: UploadService
    dataset: Dataset
    room: UploadRoom
    waiting: asyncio.Queue[RecordRow | None]
    results: asyncio.Queue[tuple[Outcome, Received | None] | None]
    halted: FetchError | None = None
    unlucky: int = 0
    workers: set[asyncio.Task[None]] = field(default_factory=set)

    def halt(self, error: FetchError) -> None:
        """Begin no further record: it would fail for the same reason."""
        self.halted = self.halted or error


class Fetcher:
    """Fetches records into datasets.

    Parameters
    ----------
    factory : SourceFactory
        Makes the source.
    records : RecordRows
        Has the queue, and gets what became of each record.
    data : DataService
        Has the datasets.
    settings : SourceSettings
        How many at once, and how often.
    """

    def __init__(
        self, factory: SourceFactory, records: RecordRows, data: DataService, settings: SourceSettings
    ) -> None:
        self._factory = factory
        self._records = records
        self._data = data
        self._settings = settings

    async def fetch(
        self, acquisition: Acquisition, source: SourceRow, progressed: Callable[[], None]
    ) -> FetchError | None:
        """Fetch the queued records.

        Parameters
        ----------
        acquisition : Acquisition
            With its dataset.
        source : SourceRow
            Its source.
        progressed : callable
            Called after each batch that was recorded.

        Returns
        -------
        FetchError or None
            Why the others were not tried; None: all were.

        Raises
        ------
        NotFound, Conflict
            If the dataset is gone, or used by a job.
        """
        uploads, dataset = await self._data.intake(acquisition.dataset or "")
        parallel = self._settings.parallel
        async with self._factory.open(source, acquisition.id) as opened:
            run = _Run(
                acquisition,
                opened,
                uploads,
                dataset,
                await uploads.room(dataset),
                asyncio.Queue(2 * parallel),
                asyncio.Queue(2 * BATCH),
            )
            async with asyncio.TaskGroup() as group:
                group.create_task(self._record(run, progressed))
                group.create_task(self._feed(run))
                run.workers = {group.create_task(self._work(run)) for _ in range(parallel)}
        return run.halted

    async def _feed(self, run: _Run) -> None:
        """Queue the records, then the end of each worker, then the end of the results."""
        after = 0
        while run.halted is None and (rows := await self._records.queued(run.acquisition.id, after)):
            for row in rows:
                await run.waiting.put(row)
            after = rows[-1].number
        for _ in range(self._settings.parallel):
            await run.waiting.put(None)
        await asyncio.wait(run.workers)
        await run.results.put(None)

    async def _work(self, run: _Run) -> None:
        while (row := await run.waiting.get()) is not None:
            if run.halted is None:
                await run.results.put(await self._attempted(run, row))

    async def _attempted(self, run: _Run, row: RecordRow) -> tuple[Outcome, Received | None]:
        """Fetch one record, in several attempts where another one may succeed."""
        found, attempt = await attempted(
            lambda: self._fetched(run, row),
            self._settings.attempts,
            self._settings.retry_s,
            lambda: run.halted is None,
        )
        if isinstance(found, FetchError):
            return self._failed(run, row, found, attempt), None
        run.unlucky = 0
        path, received = found
        return Outcome(row.number, attempts=row.attempts + attempt, path=path, size=received.size), received

    def _failed(self, run: _Run, row: RecordRow, failure: FetchError, attempt: int) -> Outcome:
        run.unlucky = run.unlucky + 1 if failure.passing else 0
        if failure.fault in {Fault.QUOTA, Fault.STORAGE}:
            run.halt(failure)
        elif run.unlucky >= HOPELESS:
            told = f"the last {HOPELESS} records failed one after another, the last one so: {failure.detail}"
            run.halt(FetchError(failure.fault, told))
        return Outcome(row.number, str(failure.fault), failure.detail, row.attempts + attempt, row.path)

    async def _fetched(self, run: _Run, row: RecordRow) -> tuple[str, Received]:
        async with aclosing(run.source.open(row.record)) as blocks:  # type: ignore[type-var]
            head, whole = await with_head(blocks)
            require_data(head, row.path)
            path = path_of_content(head, row.path)
            received = await run.uploads.receive(run.dataset, path, whole, run.room)
        return path, received

    async def _record(self, run: _Run, progressed: Callable[[], None]) -> None:
        """Place what was fetched, and store what became of the records, a batch at a time."""
        ended = False
        while not ended:
            batch: list[tuple[Outcome, Received | None]] = []
            found = await run.results.get()
            until = asyncio.get_running_loop().time() + GATHER_S
            while found is not None:
                batch.append(found)
                if len(batch) == BATCH:
                    break
                try:
                    # Not `wait_for`: before Python 3.12 it may lose a cancellation.
                    async with asyncio.timeout_at(until):
                        found = await run.results.get()
                except TimeoutError:
                    break
            ended = found is None
            if batch:
                await self._settle(run, batch)
                progressed()

    async def _settle(self, run: _Run, batch: list[tuple[Outcome, Received | None]]) -> None:
        received = [(one.path, part) for one, part in batch if part is not None]
        errors = iter(await run.uploads.place_many(run.dataset, received)) if received else iter(())
        outcomes = []
        for outcome, part in batch:
            error = next(errors) if part is not None else None
            if error is not None:
                failure = failure_of(error)
                if failure.fault in {Fault.QUOTA, Fault.STORAGE}:
                    run.halt(failure)
                outcomes.append(replace(outcome, fault=str(failure.fault), detail=failure.detail))
            else:
                outcomes.append(outcome)
        await self._records.settle(run.acquisition.id, outcomes)
        run.room = await run.uploads.room(run.dataset)
