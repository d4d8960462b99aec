"""What people ask of reference datasets: what is here, copies, and dropping what is cached. No HTTP."""

from __future__ import annotations

import asyncio
import logging

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import Conflict, NotFound, ServiceError
from dashboard.data.dataset import Dataset, DatasetState, FileState, Holding, Kind
from dashboard.data.references.cache import ReferenceCache
from dashboard.data.references.fetching import Fetching
from dashboard.data.references.reference import CacheFull, CacheStatus
from dashboard.data.service import DataService
from dashboard.data.store.allowance import more_disk
from dashboard.quotas.service import Quotas

log = logging.getLogger(__name__)


class ReferenceService:
    """Copies of reference datasets, and what of them is in the cache.

    Parameters
    ----------
    cache : ReferenceCache
        Brings the files.
    data : DataService
        Has the datasets.
    quotas : Quotas, optional
        Must allow copies; None: all are allowed.
    """

    def __init__(self, cache: ReferenceCache, data: DataService, quotas: Quotas | None = None) -> None:
        self._cache = cache
        self._data = data
        self._quotas = quotas
        self._pinning: dict[str, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Go on with copies that the end of the platform interrupted."""
        for dataset in await self._data.store.held_as(Holding.PINNING):
            self._begin(dataset)

    async def stop(self) -> None:
        """Stop copying; the next start goes on."""
        tasks = [*self._pinning.values()]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)

    async def status(self, dataset: str, identity: Identity) -> CacheStatus:
        """Return what of a dataset is here.

        Raises
        ------
        NotFound, Denied
            If the identity may not see it.
        Conflict
            If it holds files of its own.
        """
        return await self._cache.status(await self._reference(dataset, identity, Action.READ))

    async def shown(self, dataset: Dataset) -> CacheStatus | None:
        """Return what of a dataset that somebody sees is here; None: it has files of its own."""
        ready = dataset.state is DatasetState.READY and dataset.refers
        return await self._cache.status(dataset) if ready else None

    async def pin(self, dataset: str, identity: Identity) -> CacheStatus:
        """Copy a dataset: its files count for its owner, and stay; what cannot be fetched stays a reference.

        Raises
        ------
        NotFound, Denied, Conflict
            As `status`; if the identity may not change it.
        QuotaExceeded
            If a quota does not allow what is known to be needed.
        """
        row = await self._reference(dataset, identity, Action.CHANGE)
        if row.holding is not Holding.PINNING:
            expected = await self._data.store.files.expected_bytes(dataset)
            allow = await more_disk(self._quotas, row.ownership, expected)
            async with self._data.store.database.read() as connection:
                await allow(connection)
            await self._data.store.set(dataset, holding=Holding.PINNING, reason="")
            self._begin(dataset)
        return await self.status(dataset, identity)

    async def unpin(self, dataset: str, identity: Identity) -> CacheStatus:
        """Give the copies of a dataset to the cache: they count for nobody, and may be dropped.

        Raises
        ------
        NotFound, Denied, Conflict
            As `pin`; if a job uses it.
        """
        await self._reference(dataset, identity, Action.CHANGE)
        await self._data.require_unused(dataset, "unpinned")
        await self._halt(dataset)
        async for file in self._data.store.files.all(dataset):
            if file.acquisition and file.sha256 and file.state is FileState.READ:
                await asyncio.to_thread(self._cache.folder.adopt, dataset, file.path, file.sha256)
        await self._cache.rows.unpin(dataset)
        await self._cache.room.trim()
        return await self.status(dataset, identity)

    async def forget(self, dataset: str, identity: Identity) -> CacheStatus:
        """Drop what of a dataset is cached, and what its contents were.

        Raises
        ------
        NotFound, Denied, Conflict
            As `unpin`.
        """
        await self._reference(dataset, identity, Action.CHANGE)
        await self._data.require_unused(dataset, "dropped from the cache")
        await self._cache.room.forget(dataset)
        return await self.status(dataset, identity)

    async def settled(self, dataset: str) -> None:
        """Wait until a dataset is no longer being copied."""
        if task := self._pinning.get(dataset):
            await asyncio.wait([task])

    async def _reference(self, dataset: str, identity: Identity, action: Action) -> Dataset:
        row = await self._data.get(dataset, identity, action)
        if row.state is not DatasetState.READY or row.kind is not Kind.SPECTRA or not row.refers:
            raise Conflict(f"{row.name} points at no archive: its files are its own.")
        return row

    def _begin(self, dataset: str) -> None:
        task = asyncio.create_task(self._pin(dataset))
        self._pinning[dataset] = task
        task.add_done_callback(lambda _: self._pinning.pop(dataset, None))

    async def _halt(self, dataset: str) -> None:
        if task := self._pinning.get(dataset):
            task.cancel()
            await asyncio.wait([task])

    async def _pin(self, dataset: str) -> None:
        """Fetch a group, make it the dataset's own, and so on; what was copied stays when it ends early."""
        reason = ""
        try:
            with self._cache.room.holding(dataset):
                async for paths in self._cache.fill(dataset, Fetching(), lambda _: None):
                    row = await self._data.store.get(dataset)
                    size = await self._data.store.files.bytes_of(dataset, paths)
                    await self._cache.rows.pin(
                        dataset, paths, await more_disk(self._quotas, row.ownership, size)
                    )
                    await self._data.descriptions.complete(dataset, paths)
        except NotFound:
            return  # deleted meanwhile
        except (ServiceError, CacheFull) as error:
            reason = f"Copying stopped: {error.detail}"
        except OSError as error:
            reason = f"Copying stopped: {error.strerror or error}"
        holding = Holding.REFERENCES if reason else Holding.PINNED
        await self._data.store.set(dataset, holding=holding, reason=reason)
        await self._data.summarise(dataset)
