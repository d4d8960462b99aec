"""Stores files of datasets, from a request's body or from a folder of this machine."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from pathlib import Path

from dashboard.base.errors import Conflict
from dashboard.base.ownership import Ownership
from dashboard.data.dataset import DataFile, DatasetState
from dashboard.data.ingest.path import upload_path
from dashboard.data.ingest.upload_room import upload_room
from dashboard.data.ingest.upload_stream import Received, TooLarge, put_in_place, receive
from dashboard.data.store.datasets import DatasetStore
from dashboard.quotas.service import Quotas

MB = 10**6
AT_ONCE = 500  # files copied between two queries of the database


class UploadService:
    """Stores uploaded files.

    Parameters
    ----------
    store
        Where they are recorded.
    folder
        ``<home>/data``.
    file_limit_mb, dataset_limit_mb
        The most that a file and a dataset may hold.
    quotas
        Must allow each file; None: all are allowed.
    """

    def __init__(
        self,
        store: DatasetStore,
        folder: Path,
        file_limit_mb: int,
        dataset_limit_mb: int,
        quotas: Quotas | None = None,
    ) -> None:
        self._store = store
        self._quotas = quotas
        self._folder = folder
        self._file_limit = file_limit_mb * MB
        self._dataset_limit = dataset_limit_mb * MB
        self._coming: Counter[str] = Counter()  # bytes of unfinished uploads, by dataset
        self._coming_by_owner: Counter[tuple[str, str]] = Counter()
        self._counting = asyncio.Lock()  # of what a quota leaves, until the file is recorded
        self._placing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def take(
        self, dataset: str, path: str, chunks: AsyncIterator[bytes], length: int | None
    ) -> DataFile:
        """Store one file from a stream; on any error nothing of it is stored.

        Parameters
        ----------
        path
            Below the dataset, as given: checked here.
        length
            Bytes, where the sender says so: too large a file is rejected before it is sent.

        Raises
        ------
        Invalid, TooLarge, QuotaExceeded, Conflict, NotFound, StorageFull
            If its path is not allowed; it is too large, or for a quota; the dataset is being read; is not
            there; the disk is full.
        """
        path = upload_path(path)
        row = await self._store.get(dataset)
        if row.state is DatasetState.INDEXING:
            raise Conflict(f"The files of {row.name} are being read; upload more when it is ready.")
        before = await self._store.files.get(dataset, path)
        replaced = before.size if before else 0
        free = self._dataset_limit - row.bytes + replaced - self._coming[dataset]
        quota = await upload_room(self._quotas, row.ownership, self._coming_by_owner, replaced)
        mine = 0

        def room(size: int) -> None:
            nonlocal mine
            self._check(path, size, free)
            quota.reserve(size)
            self._coming[dataset] += size - mine
            mine = size

        try:
            if length is not None:
                self._check(path, length, free)
                quota.require(length)
            received = await receive(chunks, self._folder / dataset / "parts", path, room)
            if quota.balances:
                async with self._counting:
                    await self._require_still(row.ownership, received, replaced)
                    return await self._place(dataset, path, received)
            return await self._place(dataset, path, received)
        finally:
            quota.release()
            self._coming[dataset] -= mine
            if not self._coming[dataset]:
                del self._coming[dataset]

    async def _place(self, dataset: str, path: str, received: Received) -> DataFile:
        async with self._placing[dataset]:
            await asyncio.to_thread(put_in_place, received, self._folder / dataset / "files", path)
            return await self._store.files.put(dataset, path, received.size, received.sha256)

    async def _require_still(self, ownership: Ownership, received: Received, replaced: int) -> None:
        """Return if a complete upload still fits: others may have been placed since it began."""
        try:
            now = await upload_room(self._quotas, ownership, Counter(), replaced)
            now.require(received.size)
        except BaseException:
            await asyncio.to_thread(received.part.unlink, missing_ok=True)
            raise

    def _check(self, path: str, size: int, free: int) -> None:
        if size > self._file_limit:
            raise TooLarge(
                f"{path} is larger than {self._file_limit // MB:,} MB, the most that one file may hold "
                "(setting data.file_limit_mb)."
            )
        if size > free:
            raise TooLarge(
                f"With {path} the dataset would hold more than {self._dataset_limit // MB:,} MB "
                "(setting data.dataset_limit_mb). Put it into another dataset."
            )
