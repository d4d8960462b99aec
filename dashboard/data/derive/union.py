"""Unions: one dataset of the files and spectra of several."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.ids import new_identifier
from dashboard.data.dataset import DataFile, Dataset, DatasetState, FileState, Kind, SpectrumRow
from dashboard.data.ingest.index_queue import IndexQueue
from dashboard.data.selection import rows_digest
from dashboard.data.store.allowance import dataset_allowance
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.selections import SelectionStore
from dashboard.data.store.spectra import SpectrumRows
from dashboard.quotas.service import Quotas
from spectra.reading.archive import SEPARATOR


@dataclass
class _Union:
    """What a union will hold."""

    files: list[DataFile] = field(default_factory=list)
    links: list[tuple[Path, str]] = field(default_factory=list)
    spectra: list[SpectrumRow] = field(default_factory=list)
    left_out: int = 0
    _contents: set[str] = field(default_factory=set)
    _paths: set[str] = field(default_factory=set)

    def take(self, file: DataFile, root: Path, number: int) -> str | None:
        """Take a file of the dataset of that number; return its path, None where its content is there."""
        if file.sha256 and file.sha256 in self._contents:
            return None
        self._contents.add(file.sha256 or "")
        path = file.path
        if path.casefold() in self._paths:
            path = f"{number}/{path}"
        self._paths.add(path.casefold())
        self.files.append(replace(file, path=path))
        self.links.append((root / file.path, path))
        return path


class UnionService:
    """Makes unions of datasets of spectra.

    Parameters
    ----------
    store, rows, selections : DatasetStore, SpectrumRows, SelectionStore
        The rows.
    index_queue : IndexQueue
        Counts what a dataset holds.
    folder : Path
        ``<home>/data``.
    quotas : Quotas, optional
        Must allow a new dataset of that size; None: every one is allowed.
    """

    def __init__(
        self,
        store: DatasetStore,
        rows: SpectrumRows,
        selections: SelectionStore,
        *,
        index_queue: IndexQueue,
        folder: Path,
        quotas: Quotas | None = None,
    ) -> None:
        self._store = store
        self._rows = rows
        self._selections = selections
        self._index_queue = index_queue
        self._folder = folder
        self._quotas = quotas

    async def create(self, sources: Sequence[Dataset], name: str, identity: Identity) -> tuple[Dataset, int]:
        """Make a dataset of all spectra of others; a file whose content came before is left out.

        Parameters
        ----------
        sources : sequence of Dataset
            Ready, of spectra; the identity may read them.
        name : str
            Of the new dataset.
        identity : Identity
            Who owns it.

        Returns
        -------
        dataset, left_out : Dataset, int
            The new one; how many spectra of files that are there already.

        Raises
        ------
        Conflict
            If a file is gone.
        QuotaExceeded
            If a quota does not allow another dataset, or its files.
        """
        union = _Union()
        for number, source in enumerate(sources, 1):
            await self._take(union, source, number)
        size = sum(file.size for file in union.files)
        allow = await dataset_allowance(self._quotas, identity.user, size=size)
        dataset = new_identifier()
        root = self._folder / dataset
        titles = ", ".join(source.name for source in sources)
        origin = {"kind": "union", "dataset": sources[0].id, "name": titles[:500]}
        try:
            await asyncio.to_thread(_link, union.links, root / "files")
            await self._selections.insert(
                {
                    "id": dataset,
                    "name": name,
                    "owner": identity.user,
                    "created": clock.now(),
                    "state": DatasetState.READY,
                    "kind": Kind.SPECTRA,
                    "count": len(union.spectra),
                    "bytes": size,
                    "formats": {},
                    "classes": {},
                    "synthetic": all(source.synthetic for source in sources),
                    "origin": {**origin, "sha256": rows_digest(union.spectra)},
                },
                union.files,
                union.spectra,
                allow,
            )
        except BaseException as error:
            await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
            if isinstance(error, FileNotFoundError):
                raise Conflict(f"A file is gone: {Path(error.filename).name}.") from error
            raise
        await self._index_queue.summarise(dataset)
        made = await self._store.get(dataset)
        self._index_queue.tell(made, made.state)
        return made, union.left_out

    async def _take(self, union: _Union, source: Dataset, number: int) -> None:
        root = self._folder / source.id / "files"
        paths = {
            file.path: union.take(file, root, number)
            async for file in self._store.files.all(source.id)
            if file.state is FileState.READ
        }
        async for some in self._rows.all(source.id):
            for row in some:
                file, separator, member = row.path.partition(SEPARATOR)
                path = paths.get(file)
                if path is None:
                    union.left_out += 1
                else:
                    union.spectra.append(replace(row, path=path + separator + member))


def _link(links: Sequence[tuple[Path, str]], root: Path) -> None:
    """Give files a second name, or copy them where the file system has no links."""
    for source, path in links:
        there = root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, there)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, there)
