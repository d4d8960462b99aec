"""Works at acquisitions in the background, and goes on with them after a restart."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
from collections.abc import Callable

from dashboard.auth.identity import SYSTEM, Accounts
from dashboard.base import clock
from dashboard.base.errors import NotFound, ServiceError
from dashboard.base.events import Live
from dashboard.base.ownership import Visibility
from dashboard.data.acquisition.acquisition import (
    WORKING,
    Acquisition,
    AcquisitionState,
    Choice,
    SourceRow,
)
from dashboard.data.acquisition.attempts import failure_of
from dashboard.data.acquisition.fetcher import Fetcher
from dashboard.data.acquisition.lister import Lister
from dashboard.data.acquisition.store.acquisitions import AcquisitionStore
from dashboard.data.acquisition.store.records import RecordRows
from dashboard.data.acquisition.store.references import ReferenceListing
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.dataset import DatasetState
from dashboard.data.ingest.label_table import LONGEST
from dashboard.data.service import DataService
from dashboard.data.sources.record import FetchError

log = logging.getLogger(__name__)
State = AcquisitionState


class AcquisitionRunner:
    """Lists, fetches and ends acquisitions.

    Parameters
    ----------
    sources, acquisitions, records : SourceStore, AcquisitionStore, RecordRows
        The rows.
    lister, fetcher : Lister, Fetcher
        Do the work.
    listing : ReferenceListing
        Makes datasets that point at records.
    data : DataService
        Has the datasets.
    live : Live
        Told of progress.
    accounts : Accounts
        Gives the identity of who asked for an acquisition.
    at_once : int
        Acquisitions that run at once.
    """

    def __init__(
        self,
        sources: SourceStore,
        acquisitions: AcquisitionStore,
        records: RecordRows,
        *,
        lister: Lister,
        fetcher: Fetcher,
        listing: ReferenceListing,
        data: DataService,
        live: Live,
        accounts: Accounts,
        at_once: int,
    ) -> None:
        self._sources = sources
        self._acquisitions = acquisitions
        self._records = records
        self._lister = lister
        self._fetcher = fetcher
        self._listing = listing
        self._data = data
        self._live = live
        self._accounts = accounts
        self._places = asyncio.Semaphore(at_once)
        self._running: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Go on with what an earlier run of the platform did not end."""
        for acquisition in await self._acquisitions.working():
            self.ask(acquisition)

    async def stop(self) -> None:
        """Stop working; the next start goes on."""
        tasks = [*self._running.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    def ask(self, acquisition: str) -> None:
        """Work at an acquisition until its state says that there is nothing to do."""
        if acquisition not in self._running:
            task = asyncio.create_task(self._work(acquisition))
            self._running[acquisition] = task
            task.add_done_callback(lambda _: self._running.pop(acquisition, None))

    async def interrupt(self, acquisition: str) -> None:
        """Stop working at one acquisition; its state stays."""
        task = self._running.get(acquisition)
        if task is not None:
            task.cancel()
            await asyncio.wait([task])
            self._running.pop(acquisition, None)

    async def ended(self, acquisition: str) -> Acquisition:
        """Wait until an acquisition is no longer worked at, and return it."""
        task = self._running.get(acquisition)
        if task is not None:
            await asyncio.wait([task])
        return await self._acquisitions.get(acquisition)

    async def begin(self, acquisition: Acquisition, source: SourceRow, choice: Choice) -> int:
        """Make the dataset of an acquisition and queue the records of a choice.

        Parameters
        ----------
        acquisition : Acquisition
            Listed, without a dataset.
        source : SourceRow
            Its source.
        choice : Choice
            Which records.

        Returns
        -------
        int
            How many records are queued; 0: nothing was made.

        Raises
        ------
        QuotaExceeded, Invalid
            If a quota does not allow it, or the name cannot be used. Nothing is changed then.
        """
        identity = await self._accounts(acquisition.user)
        project = source.project if source.visibility == Visibility.PROJECT else None
        whole = not (choice.ranges or choice.q or acquisition.by_reference)
        expected = acquisition.expected_bytes if whole else 0
        dataset = await self._data.create(
            acquisition.name or source.name,
            identity,
            project=project if project in identity.projects else None,
            expected_bytes=expected,
        )
        queued = await self._records.choose(acquisition.id, choice)
        if not queued:
            await self._data.delete(dataset.id, SYSTEM)
            return 0
        before = (State.LISTING, State.LISTED)
        made = {"dataset": dataset.id, "chosen": queued + acquisition.failed, "name": dataset.name}
        if not await self._acquisitions.move(acquisition.id, before, State.FETCHING, **made):
            await self._data.delete(dataset.id, SYSTEM)
            return 0
        self.tell(source, await self._acquisitions.get(acquisition.id))
        return queued

    def tell(self, source: SourceRow, acquisition: Acquisition) -> None:
        """Publish the state of an acquisition."""
        told = {"source": source.id, "acquisition": acquisition.id, "state": str(acquisition.state)}
        told |= {name: getattr(acquisition, name) for name in ("chosen", "fetched", "failed", "bytes")}
        for topic in ("sources", f"source:{source.id}"):
            self._live.publish(topic, "progress", told, source.ownership)

    async def _work(self, identifier: str) -> None:
        steps = {State.LISTING: self._list, State.FETCHING: self._fetch, State.INDEXING: self._index}
        async with self._places:
            while True:
                try:
                    acquisition = await self._acquisitions.get(identifier)
                    source = await self._sources.get(acquisition.source)
                except NotFound:
                    return  # it was deleted meanwhile
                if acquisition.state not in steps:
                    return
                try:
                    await steps[acquisition.state](acquisition, source)
                except Exception as error:  # noqa: BLE001 - it becomes the acquisition's reason
                    failure = _first(error)
                    values = {"fault": str(failure.fault), "detail": failure.detail, "ended": clock.now()}
                    await self._acquisitions.move(identifier, WORKING, State.ERROR, **values)
                self.tell(source, await self._acquisitions.get(identifier))

    async def _list(self, acquisition: Acquisition, source: SourceRow) -> None:
        self.tell(source, acquisition)
        await self._lister.list(acquisition, source)
        if acquisition.only_new:
            await self._records.mark_known(acquisition.id, source.id)
        acquisition = await self._acquisitions.get(acquisition.id)
        if not acquisition.auto:
            await self._acquisitions.move(acquisition.id, (State.LISTING,), State.LISTED)
        elif not await self.begin(acquisition, source, Choice()):
            ended = State.INCOMPLETE if acquisition.failed else State.COMPLETED
            await self._acquisitions.move(acquisition.id, (State.LISTING,), ended, ended=clock.now())

    async def _fetch(self, acquisition: Acquisition, source: SourceRow) -> None:
        def progressed() -> None:
            told = {"source": source.id, "acquisition": acquisition.id, "state": str(State.FETCHING)}
            self._live.publish(f"source:{source.id}", "progress", told, source.ownership)

        if acquisition.by_reference:
            await self._refer(acquisition, progressed)
            return
        halted = await self._fetcher.fetch(acquisition, source, progressed)
        values = (
            {"fault": str(halted.fault), "detail": halted.detail} if halted else {"fault": "", "detail": ""}
        )
        await self._acquisitions.move(acquisition.id, (State.FETCHING,), State.INDEXING, **values)

    async def _refer(self, acquisition: Acquisition, progressed: Callable[[], None]) -> None:
        """Make a dataset that points at the records, which is ready at once."""
        dataset = acquisition.dataset or ""
        await self._data.get(dataset)  # it may have been deleted
        while await self._listing.some(acquisition.id, dataset):
            progressed()
        await self._data.refer(dataset)
        ended = State.INCOMPLETE if acquisition.failed else State.COMPLETED
        await self._acquisitions.move(acquisition.id, (State.FETCHING,), ended, ended=clock.now())

    async def _index(self, acquisition: Acquisition, source: SourceRow) -> None:
        """Read the files of the dataset and give labels; what was fetched stays whatever becomes of this."""
        del source
        if acquisition.dataset and acquisition.fetched:
            await self._data.done(acquisition.dataset, SYSTEM)
            dataset = await self._data.settled(acquisition.dataset)
            if dataset.state is DatasetState.READY:
                await self._label(acquisition)
                async for positions in self._records.located(acquisition.id):
                    await self._data.rows.locate(dataset.id, positions)
        if acquisition.queued:
            ended = State.INCOMPLETE if acquisition.fault else State.STOPPED
        else:
            ended = State.INCOMPLETE if acquisition.failed else State.COMPLETED
        await self._acquisitions.move(acquisition.id, (State.INDEXING,), ended, ended=clock.now())

    async def _label(self, acquisition: Acquisition) -> None:
        """Give the spectra the labels and objects of the list."""
        table = io.StringIO()
        writer = csv.writer(table)
        rows, size = 0, 0
        async for record in self._records.described(acquisition.id):
            if not rows:
                writer.writerow(("path", "label", "object"))
            writer.writerow((record.path, record.label, record.object))
            rows += 1
            size += len(record.path) + len(record.label) + len(record.object) + 8
            if size > LONGEST // 2:
                await self._labelled(acquisition, table)
                table = io.StringIO()
                writer = csv.writer(table)
                rows = size = 0
        if rows:
            await self._labelled(acquisition, table)

    async def _labelled(self, acquisition: Acquisition, table: io.StringIO) -> None:
        try:
            text = table.getvalue().encode("utf-8", "replace")
            await self._data.label(acquisition.dataset or "", text, partial=True, identity=SYSTEM)
        except ServiceError as error:  # spectra without labels are better than no spectra
            log.warning("labels of acquisition %s were not set: %s", acquisition.id, error)


def _first(error: Exception) -> FetchError:
    """Return the failure that an error stands for; of a group, its first."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return failure_of(error)
