"""Datasets of files that others have: they share them by hard links, and take no space.

A dataset keeps its files when those that it was made of are deleted.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.ids import new_identifier
from dashboard.data.dataset import (
    AT_ARCHIVE,
    DataFile,
    Dataset,
    DatasetState,
    FileState,
    Holding,
    Kind,
    SpectrumRow,
)
from dashboard.data.ingest.index_queue import IndexQueue
from dashboard.data.store.allowance import dataset_allowance
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.selections import SelectionStore
from dashboard.database.engine import Database
from dashboard.quotas.service import Quotas


@dataclass(frozen=True)
class LinkedContent:
    """What such a dataset holds.

    Attributes
    ----------
    files : sequence of DataFile
        Under the paths that they have in it.
    links : sequence of (Path, str)
        Where each file is, and its path in the dataset.
    spectra : sequence of SpectrumRow
        In its files.
    """

    files: Sequence[DataFile]
    links: Sequence[tuple[Path, str]]
    spectra: Sequence[SpectrumRow]


class LinkedDatasets:
    """Makes them.

    Parameters
    ----------
    database : Database
        Where they are recorded.
    store : DatasetStore
        Of all datasets.
    index_queue : IndexQueue
        Counts what a dataset holds.
    folder : Path
        ``<home>/data``.
    quotas : Quotas, optional
        Must allow a new dataset of that size; None: every one is allowed.
    """

    def __init__(
        self,
        database: Database,
        store: DatasetStore,
        index_queue: IndexQueue,
        *,
        folder: Path,
        quotas: Quotas | None = None,
    ) -> None:
        self._selections = SelectionStore(database)
        self._store = store
        self._index_queue = index_queue
        self._folder = folder
        self._quotas = quotas

    async def create(
        self,
        content: LinkedContent,
        name: str,
        identity: Identity,
        *,
        synthetic: bool,
        origin: Mapping[str, str],
        whose: str = "",
    ) -> Dataset:
        """Make a dataset that is ready at once.

        Parameters
        ----------
        content : LinkedContent
            What it holds.
        name : str
            Of the dataset.
        identity : Identity
            Who owns it.
        synthetic : bool
            Whether all its spectra are.
        origin : mapping
            What it was made of.
        whose : str
            Name of the dataset whose files they are, for the message where one is gone; empty: of several.

        Raises
        ------
        Conflict
            If a file is gone.
        QuotaExceeded
            If a quota does not allow another dataset, or its files.
        """
        own = [file for file in content.files if file.state not in AT_ARCHIVE]
        holding = Holding.FILES if len(own) == len(content.files) else Holding.REFERENCES
        size = sum(file.size for file in own)
        allow = await dataset_allowance(self._quotas, identity.user, size=size)
        dataset = new_identifier()
        root = self._folder / dataset
        try:
            await asyncio.to_thread(_link, _present(content), root / "files")
            await self._selections.insert(
                {
                    "id": dataset,
                    "name": name,
                    "owner": identity.user,
                    "created": clock.now(),
                    "state": DatasetState.READY,
                    "kind": Kind.SPECTRA,
                    "count": len(content.spectra),
                    "bytes": size,
                    "formats": {},
                    "classes": {},
                    "synthetic": synthetic,
                    "origin": dict(origin),
                    "holding": holding,
                },
                content.files,
                content.spectra,
                allow,
            )
        except BaseException as error:
            await asyncio.to_thread(shutil.rmtree, root, ignore_errors=True)
            if isinstance(error, FileNotFoundError):
                of = f" of {whose}" if whose else ""
                raise Conflict(f"A file{of} is gone: {Path(error.filename).name}.") from error
            raise
        await self._index_queue.summarise(dataset)
        made = await self._store.get(dataset)
        self._index_queue.tell(made, made.state)
        return made


def _present(content: LinkedContent) -> list[tuple[Path, str]]:
    """Return the links of files that are here; one that the cache drops meanwhile is fetched again."""
    states = {file.path: file.state for file in content.files}
    return [
        (source, path)
        for source, path in content.links
        if states[path] not in AT_ARCHIVE or (states[path] is FileState.CACHED and source.is_file())
    ]


def _link(links: Sequence[tuple[Path, str]], root: Path) -> None:
    """Give files a second name, or copy them where the file system has no links."""
    root.mkdir(parents=True, exist_ok=True)
    for source, path in links:
        there = root / path
        there.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(source, there)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(source, there)
