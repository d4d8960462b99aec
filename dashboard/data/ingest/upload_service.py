"""Stores files of datasets, from a request's body or from a folder of this machine."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from dashboard.base.errors import Conflict, ServiceError
from dashboard.base.ownership import Ownership
from dashboard.data.dataset import DataFile, Dataset, DatasetState, FileState
from dashboard.data.ingest.path import upload_path
from dashboard.data.ingest.upload_room import UploadRoom, upload_room
from dashboard.data.ingest.upload_stream import Received, TooLarge, put_in_place, receive
from dashboard.data.store.datasets import DatasetStore
from dashboard.quotas.service import Quotas

MB = 10**6
HELD = 128 * 1024  # bytes of a file of many that stays in memory until it is placed
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

    async def room(self, row: Dataset) -> UploadRoom:
        """Return what files of a dataset may take, for `receive`; it gets old as others upload."""
        return await upload_room(self._quotas, row.ownership, Counter(), 0)

    async def receive(
        self, row: Dataset, path: str, chunks: AsyncIterator[bytes], room: UploadRoom
    ) -> Received:
        """Stream one file of many; `place_many` stores it.

        Parameters
        ----------
        row : Dataset
            Whose file it is.
        path : str
            As `upload_path` returned it.
        chunks : async iterator of bytes
            Its content.
        room : UploadRoom
            What it may take.

        Raises
        ------
        TooLarge, QuotaExceeded, StorageFull
            If it is too large, also for a quota; the disk is full. Then nothing of it is left.
        """
        free = self._dataset_limit - row.bytes

        def check(size: int) -> None:
            self._check(path, size, free)
            room.require(size)

        return await receive(chunks, self._folder / row.id / "parts", path, check, hold=HELD)

    async def place_many(
        self, row: Dataset, files: Sequence[tuple[str, Received]]
    ) -> list[ServiceError | None]:
        """Move received files to their locations and record them in one transaction.

        Parameters
        ----------
        row : Dataset
            Whose files they are.
        files : sequence of (str, Received)
            Path and content of each.

        Returns
        -------
        list of ServiceError or None
            Why a file was not stored, in their order: those that fit are, whatever becomes of the others.

        Raises
        ------
        Conflict, NotFound
            If the dataset is gone, or its files are being read.
        """
        async with self._counting, self._placing[row.id]:
            now = await self._store.get(row.id)
            quota = await upload_room(self._quotas, now.ownership, Counter(), 0)
            errors, fitting, total = list[ServiceError | None](), list[tuple[str, Received]](), 0
            for path, received in files:
                try:
                    self._check(path, received.size, self._dataset_limit - now.bytes - total)
                    quota.require_disk(total + received.size)
                except ServiceError as error:
                    errors.append(error)
                else:
                    errors.append(None)
                    fitting.append((path, received))
                    total += received.size
            placed = await asyncio.to_thread(_put_all, fitting, self._folder / row.id / "files")
            failed = dict(placed)
            good = [
                DataFile(path, received.size, received.sha256, FileState.UPLOADED, "")
                for path, received in fitting
                if path not in failed
            ]
            if good:
                await self._store.files.put_complete(row.id, good)
        if any(errors):
            await asyncio.to_thread(_remove_parts, files)
        return [error or failed.get(path) for (path, _), error in zip(files, errors, strict=True)]

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


def _put_all(files: Sequence[tuple[str, Received]], root: Path) -> list[tuple[str, ServiceError]]:
    """Move files to their locations; return those that could not be, with the reason."""
    failed: list[tuple[str, ServiceError]] = []
    for path, received in files:
        try:
            put_in_place(received, root, path)
        except ServiceError as error:
            failed.append((path, error))
    return failed


def _remove_parts(files: Sequence[tuple[str, Received]]) -> None:
    for _, received in files:
        received.part.unlink(missing_ok=True)
