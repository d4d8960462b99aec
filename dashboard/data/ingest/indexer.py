"""From uploaded files to rows: what is in each file, in the order of their paths.

Files are read in batches by processes; a batch's rows count only when its files are recorded as read
(`datasets.count` is the point up to which all is whole), so a reading that was cut short goes on from there.
A batch whose process is lost is read again file by file, so that only the file that did it is rejected.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import shutil
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from dashboard.base.events import Live
from dashboard.data.companion_files import is_beside
from dashboard.data.dataset import DataFile, FileState, Kind, Progress
from dashboard.data.isolated.features import index_features, is_feature_set
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.isolated.read_spectra import index_files
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import AT_ONCE, SpectrumRows

log = logging.getLogger(__name__)

BATCH_FILES = 200
BATCH_BYTES = 64 * 2**20
AHEAD = 2  # batches that are read while one is recorded
PATIENCE_S = 120.0  # for a batch, and one second more for each of these bytes:
BYTES_PER_S = 250_000

Batch = list[DataFile]


@dataclass
class _Run:
    """The state of indexing one dataset."""

    dataset: str
    files: Path
    spool: Path
    total: int
    done: int = 0
    count: int = 0
    rejected: int = 0
    first_reason: str = ""
    batches: int = 0

    def progress(self) -> Progress:
        return Progress(self.done, self.total, self.count, self.rejected)


class Indexer:
    """Reads the files of datasets, one dataset after the other.

    Parameters
    ----------
    store, rows
        Where it is recorded.
    processes, alone
        Who reads; one process that reads what was lost with others, to find who did it.
    live
        Told of the progress.
    """

    def __init__(
        self,
        store: DatasetStore,
        rows: SpectrumRows,
        *,
        processes: ProcessPool,
        isolated: ProcessPool,
        live: Live,
    ) -> None:
        self._store = store
        self._rows = rows
        self._processes = processes
        self._isolated_pool = isolated
        self._live = live
        self._current: dict[str, Progress] = {}

    def progress(self, dataset: str) -> Progress | None:
        """Return the progress of a dataset, or None where it is not being indexed."""
        return self._current.get(dataset)

    async def read(self, dataset: str, folder: Path) -> str:
        """Read all files that are not read yet; return why indexing failed, or "".

        Parameters
        ----------
        folder
            The dataset's; files are below ``files/``.
        """
        row = await self._store.get(dataset)
        if row.kind is Kind.SPECTRA and await self._is_feature_set(dataset, folder / "files"):
            await self._store.set(dataset, kind=Kind.FEATURES)
            row = await self._store.get(dataset)
        counts = await self._store.files.count(dataset)
        if row.kind is Kind.FILES:
            await self._keep_files(dataset)
            return "" if counts else "It holds no file."
        run = _Run(dataset, folder / "files", folder / "spool" / secrets.token_hex(4), sum(counts.values()))
        run.done = run.total - counts.get(FileState.UPLOADED, 0)
        run.rejected, run.count = counts.get(FileState.REJECTED, 0), row.count
        await self._rows.keep(dataset, run.count)
        # A process of an earlier run may still be writing: each run has a folder of its own.
        await asyncio.to_thread(_fresh, run.spool)
        self._tell(run)
        try:
            if row.kind is Kind.FEATURES:
                await self._read_features(run)
            else:
                await self._read_spectra(run)
        finally:
            self._current.pop(dataset, None)
            await asyncio.to_thread(shutil.rmtree, run.spool.parent, ignore_errors=True)
        if run.count:
            return ""
        what = "feature set" if row.kind is Kind.FEATURES else "spectrum"
        first = f" The first: {run.first_reason}" if run.first_reason else ""
        return f"None of the {run.total} files could be read as a {what}.{first}"

    async def _keep_files(self, dataset: str) -> None:
        """Record the files of a dataset that is not read as they are."""
        ended: list[dict[str, Any]] = []
        async for file in self._store.files.all(dataset):
            ended.append({**_end(file.path), "sha256": file.sha256})
            if len(ended) >= AT_ONCE:
                await self._rows.read_files(dataset, ended, 0)
                ended = []
        await self._rows.read_files(dataset, ended, 0)

    async def _is_feature_set(self, dataset: str, root: Path) -> bool:
        """Return whether the only file, companion files aside, is a feature set."""
        files = [file for file in await self._store.files.find(dataset, size=20) if not is_beside(file.path)]
        if len(files) != 1 or not files[0].path.lower().endswith(".parquet"):
            return False
        try:
            return await self._isolated_pool.run(
                is_feature_set, root / files[0].path, limit_s=PATIENCE_S, reads=[root / files[0].path]
            )
        except WorkerLost:
            return False  # the next step rejects it with the reason

    async def _read_spectra(self, run: _Run) -> None:
        """Read a few batches concurrently, and record them in order."""
        waiting: asyncio.Queue[asyncio.Task[list[Path]] | None] = asyncio.Queue(AHEAD)

        async def feed(group: asyncio.TaskGroup) -> None:
            async for batch in self._batches(run.dataset):
                run.batches += 1
                spool = run.spool / f"{run.batches}.jsonl"
                await waiting.put(group.create_task(self._read_batch(run.files, batch, spool)))
            await waiting.put(None)

        async with asyncio.TaskGroup() as group:
            group.create_task(feed(group))
            while (reading := await waiting.get()) is not None:
                await self._record(run, await reading)

    async def _batches(self, dataset: str) -> AsyncIterator[Batch]:
        batch: Batch = []
        size = 0
        async for file in self._store.files.all(dataset):
            if file.state is not FileState.UPLOADED:
                continue
            batch.append(file)
            size += file.size
            if len(batch) >= BATCH_FILES or size >= BATCH_BYTES:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    async def _read_batch(self, root: Path, batch: Batch, spool: Path) -> list[Path]:
        """Return the spool files of a batch; a file that kills its process has none."""
        try:
            return [await self._spool(self._processes, root, batch, spool)]
        except WorkerLost:
            # A concurrent batch may have caused it: each file is read again alone.
            return [
                await self._read_alone(root, file, spool.with_suffix(f".{number}.jsonl"))
                for number, file in enumerate(batch)
            ]

    async def _read_alone(self, root: Path, file: DataFile, spool: Path) -> Path:
        try:
            return await self._spool(self._isolated_pool, root, [file], spool)
        except WorkerLost as lost:
            return await asyncio.to_thread(_reject, file, str(lost), spool)

    async def _spool(self, processes: ProcessPool, root: Path, files: Batch, spool: Path) -> Path:
        patience = PATIENCE_S + sum(file.size for file in files) / BYTES_PER_S
        paths = [(file.path, file.sha256) for file in files]
        await processes.run(
            index_files,
            root,
            paths,
            spool,
            limit_s=patience,
            reads=[root / file.path for file in files],
            writes=[spool.parent],
        )
        return spool

    async def _read_features(self, run: _Run) -> None:
        """Read the one feature set of a dataset; other files are rejected."""
        async for file in self._store.files.all(run.dataset):
            if file.state is not FileState.UPLOADED:
                continue
            run.batches += 1
            spool = run.spool / f"{run.batches}.jsonl"
            if is_beside(file.path):
                await self._read_batch(run.files, [file], spool)
            elif run.count:
                await asyncio.to_thread(
                    _reject, file, "a dataset holds one feature set; make another one", spool
                )
            else:
                await self._read_feature_set(run, file, spool)
            await self._record(run, [spool])

    async def _read_feature_set(self, run: _Run, file: DataFile, spool: Path) -> None:
        patience = PATIENCE_S + file.size / BYTES_PER_S
        try:
            await self._isolated_pool.run(
                index_features,
                run.files,
                file.path,
                file.sha256,
                spool,
                limit_s=patience,
                writes=[(run.files / file.path).parent, spool.parent],  # an imported table lies beside it
            )
        except WorkerLost as lost:
            await asyncio.to_thread(_reject, file, str(lost), spool)

    async def _record(self, run: _Run, spools: Iterable[Path]) -> None:
        ended: list[dict[str, Any]] = []
        for spool in spools:
            lines = _lines(spool)
            while part := await asyncio.to_thread(_some, lines):
                rows: list[dict[str, Any]] = []
                for line in part:
                    if "spectrum" in line:
                        rows.append(
                            {"dataset": run.dataset, "number": run.count + len(rows), **line["spectrum"]}
                        )
                    else:
                        ended.append(_end(**line["file"]))
                await self._rows.add(rows)
                run.count += len(rows)
            await asyncio.to_thread(spool.unlink)
        await self._rows.read_files(run.dataset, ended, run.count)
        run.done += len(ended)
        for end in ended:
            run.rejected += end["state"] is FileState.REJECTED
            run.first_reason = run.first_reason or (
                f"{end['path']}: {end['reason']}" if end["reason"] else ""
            )
        self._tell(run)

    def _tell(self, run: _Run) -> None:
        self._current[run.dataset] = run.progress()
        self._live.publish(f"dataset:{run.dataset}", "progress", run.progress().to_json())


def _end(
    path: str, count: int = 0, rejected: int = 0, reason: str = "", sha256: str | None = None
) -> dict[str, Any]:
    bad = rejected > 0 and count == 0
    state = FileState.REJECTED if bad else FileState.READ
    return {"path": path, "state": state, "reason": reason, "sha256": sha256}


def _reject(file: DataFile, reason: str, spool: Path) -> Path:
    end = {"path": file.path, "count": 0, "rejected": 1, "reason": reason, "sha256": file.sha256}
    spool.write_text(json.dumps({"file": end}) + "\n", "utf-8")
    return spool


def _lines(spool: Path) -> Iterator[dict[str, Any]]:
    with spool.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _some(lines: Iterator[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(islice(lines, AT_ONCE))


def _fresh(folder: Path) -> None:
    shutil.rmtree(folder.parent, ignore_errors=True)
    folder.mkdir(parents=True)
