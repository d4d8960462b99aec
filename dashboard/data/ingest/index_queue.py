"""The queue of datasets to index, which survives restarts, and the outcome of each."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from pathlib import Path
from typing import Any

from dashboard.base.errors import NotFound
from dashboard.base.events import Live
from dashboard.base.storage import is_storage_full
from dashboard.data.dataset import Dataset, DatasetState, Kind, Progress
from dashboard.data.ingest.indexer import Indexer
from dashboard.data.ingest.label_service import LabelService, kept
from dashboard.data.isolated.process_pool import ProcessPool
from dashboard.data.isolated.read_spectra import hash_of
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from spectra.synthetic_marker import is_synthetic

log = logging.getLogger(__name__)


class IndexQueue:
    """Reads datasets that are `indexing`; parameters as `DataService` has them."""

    def __init__(
        self,
        store: DatasetStore,
        rows: SpectrumRows,
        label_service: LabelService,
        *,
        processes: ProcessPool,
        isolated: ProcessPool,
        live: Live,
        folder: Path,
    ) -> None:
        self._store = store
        self._rows = rows
        self._label_service = label_service
        self._live = live
        self._folder = folder
        self._indexing = Indexer(store, rows, processes=processes, isolated=isolated, live=live)
        self._waiting: asyncio.Queue[str] = asyncio.Queue()
        self._current: tuple[str, asyncio.Task[None]] | None = None
        self._loop: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Queue the datasets that were being indexed when the platform ended."""
        for dataset in await self._store.in_state(DatasetState.INDEXING):
            self._waiting.put_nowait(dataset)
        self._loop = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Stop between two batches; `start` continues from there."""
        if self._loop is not None:
            self._loop.cancel()
            await asyncio.wait([self._loop])

    def progress(self, dataset: str) -> Progress | None:
        """Return the progress of a dataset, or None where it is not being indexed."""
        return self._indexing.progress(dataset)

    async def ask(self, dataset: str) -> None:
        """Queue a dataset to be indexed from the beginning."""
        await self._store.files.forget_reading(dataset)
        before = (DatasetState.UPLOADING, DatasetState.ERROR)
        if await self._store.move(dataset, before, DatasetState.INDEXING):
            self._waiting.put_nowait(dataset)

    async def forget(self, dataset: str) -> None:
        """Stop indexing a dataset that is about to be deleted."""
        if self._current is not None and self._current[0] == dataset:
            self._current[1].cancel()
            await asyncio.wait([self._current[1]])

    async def summarise(self, dataset: str) -> dict[str, Any]:
        """Count what a dataset holds, write it into its row, and return it."""
        summary = await self._rows.summary(dataset)
        summary["sha256"] = await self._digest(dataset)
        await self._store.set(dataset, **summary)
        return summary

    def tell(self, dataset: Dataset, state: DatasetState) -> None:
        """Publish a state."""
        data = {"dataset": dataset.id, "state": str(state)}
        for topic in ("datasets", f"dataset:{dataset.id}"):
            self._live.publish(topic, "state", data, dataset.ownership)

    async def _run(self) -> None:
        while True:
            dataset = await self._waiting.get()
            task = asyncio.create_task(self._read(dataset))
            self._current = (dataset, task)
            try:
                await asyncio.wait([task])
            finally:
                self._current = None
                if not task.done():
                    task.cancel()
                    await asyncio.wait([task])

    async def _read(self, dataset: str) -> None:
        try:
            reason = await self._indexing.read(dataset, self._folder / dataset)
            if (await self._store.get(dataset)).kind is Kind.SPECTRA:
                await self._label_service.apply_kept(dataset)
            if await asyncio.to_thread(_synthetic, self._folder / dataset / "files"):
                await self._store.set(dataset, synthetic=True)
            await self.summarise(dataset)
        except NotFound:
            return  # it was deleted while it waited
        except Exception as error:
            log.exception("dataset %s could not be read", dataset)
            reason = _why(error)
        state = DatasetState.ERROR if reason else DatasetState.READY
        if await self._store.move(dataset, [DatasetState.INDEXING], state, reason=reason):
            self.tell(await self._store.get(dataset), state)

    async def _digest(self, dataset: str) -> str:
        """Return the hash of the sorted lines ``sha256  path`` of all files and posted tables.

        A selection adds what its rows were when it was made.
        """
        digest = hashlib.sha256()
        async for file in self._store.files.all(dataset):
            digest.update(f"{file.identity}  {file.path}\n".encode())
        for path in await asyncio.to_thread(kept, self._folder / dataset):
            digest.update(f"{await asyncio.to_thread(hash_of, path)}  labels/{path.name}\n".encode())
        origin = (await self._store.get(dataset)).origin
        if origin is not None and "sha256" in origin:
            digest.update(f"{origin['sha256']}  its rows\n".encode())
        return digest.hexdigest()


def _why(error: BaseException) -> str:
    """Return the reason that the dataset gets for an error that concerns no single file."""
    with contextlib.suppress(AttributeError, IndexError):
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
    if is_storage_full(error):
        return "The disk is full. All files are kept: free some space, then read them again."
    return (
        f"Reading stopped by a fault of ours ({type(error).__name__}); the log says more. All files are kept."
    )


def _synthetic(files: Path) -> bool:
    """Return whether the dataset, or its only folder, has the marker of synthetic spectra."""
    if is_synthetic(files):
        return True
    inside = [path for path in files.iterdir() if not path.name.startswith(".")]
    return len(inside) == 1 and is_synthetic(inside[0])
