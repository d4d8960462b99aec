"""The data service: uploads, indexing, labels, curves and previews of datasets. No HTTP."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, require_member
from dashboard.base.errors import Conflict, Denied, FieldError, Invalid, NotFound, Unauthenticated
from dashboard.base.events import Live
from dashboard.base.ids import is_identifier
from dashboard.data.curves.curve_service import CurveService
from dashboard.data.curves.original import OUTGOING
from dashboard.data.curves.original_files import OriginalFiles
from dashboard.data.curves.preview_service import PreviewService
from dashboard.data.dataset import (
    Coverage,
    DataFile,
    Dataset,
    DatasetState,
    Holding,
    Kind,
    Progress,
    dataset_name,
)
from dashboard.data.derive.service import DerivedDatasets
from dashboard.data.derive.union import UnionService
from dashboard.data.ingest.description import Descriptions
from dashboard.data.ingest.header_labels import HeaderLabels
from dashboard.data.ingest.index_queue import IndexQueue
from dashboard.data.ingest.label_service import LabelResult, LabelService
from dashboard.data.ingest.upload_service import UploadService
from dashboard.data.isolated.process_pool import ProcessPool
from dashboard.data.linked import LinkedDatasets
from dashboard.data.missing_files import Fill, nothing_to_bring
from dashboard.data.selection import SelectionService
from dashboard.data.store.allowance import dataset_allowance
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.duplicates import DuplicateRows
from dashboard.data.store.observations import Observations
from dashboard.data.store.spectra import SpectrumRows
from dashboard.database.engine import Database
from dashboard.quotas.service import Quotas
from dashboard.settings import DataSettings

READERS = 2

Users = Callable[[str], Awaitable[Sequence[str]]]


async def nobody(_dataset: str) -> Sequence[str]:
    """Return that no job uses a dataset."""
    return ()


class DataService:
    """Datasets: upload, reading, labels, curves, preview.

    Parameters
    ----------
    database : Database
        Open and migrated before `start`.
    live : Live
        Told of states and progress.
    folder : Path
        ``<home>/data``.
    settings : DataSettings
        The most that may be uploaded.
    users : callable
        From a dataset to the jobs that still need it: such a dataset is neither changed nor deleted.
    quotas : Quotas, optional
        Must allow new datasets and files; None: all are allowed.
    fill : callable
        Brings files of reference datasets here.
    processes : callable
        Makes a pool of so many processes; tests give one that works in threads.

    Attributes
    ----------
    store, rows : DatasetStore, SpectrumRows
        For lists.
    curves, previews : CurveService, PreviewService
        For plots.
    originals : OriginalFiles
        For downloads.
    descriptions : Descriptions
        For spectra whose files came later.
    header_labels : HeaderLabels
        For tables of labels from headers.
    selections : SelectionService
        For datasets of spectra of another one.
    derived : DerivedDatasets
        For subsets, parts and unions.
    """

    def __init__(
        self,
        database: Database,
        live: Live,
        folder: Path,
        settings: DataSettings,
        *,
        users: Users = nobody,
        quotas: Quotas | None = None,
        fill: Fill = nothing_to_bring,
        processes: Callable[[int], ProcessPool] = ProcessPool,
    ) -> None:
        self.folder = folder
        self.store = DatasetStore(database)
        self.rows = SpectrumRows(database)
        self.observations = Observations(database)
        self._live = live
        self._users = users
        self._quotas = quotas
        # Two pools: a request for a curve must not wait for the indexing of a million files.
        self._index_pool = processes(READERS)
        self._isolated_pool = processes(1)
        self._curve_pool = processes(1)
        self._preview_pool = processes(1)
        self.previews = PreviewService(self.store, self.rows, self._preview_pool, folder, fill)
        self.curves = CurveService(self._curve_pool, folder, fill=fill)
        self.originals = OriginalFiles(self._curve_pool, folder, fill)
        self.descriptions = Descriptions(self.store.files, self.rows, self._isolated_pool, folder)
        self._uploads = UploadService(
            self.store, folder, settings.file_limit_mb, settings.dataset_limit_mb, quotas
        )
        self.header_labels = HeaderLabels(self.store, self._isolated_pool, folder)
        self._label_service = LabelService(self.store, self.rows, folder)
        self._index_queue = IndexQueue(
            self.store,
            self.rows,
            self._label_service,
            processes=self._index_pool,
            isolated=self._isolated_pool,
            live=live,
            folder=folder,
        )
        linked = LinkedDatasets(database, self.store, self._index_queue, folder=folder, quotas=quotas)
        self.selections = SelectionService(
            self.store,
            self.rows,
            self._index_queue,
            processes=self._isolated_pool,
            linked=linked,
            folder=folder,
            quotas=quotas,
        )
        unions = UnionService(self.store, self.rows, linked, folder)
        self.derived = DerivedDatasets(
            self.get,
            self.store,
            self.rows,
            selections=self.selections,
            unions=unions,
            duplicates=DuplicateRows(database),
        )

    async def start(self) -> None:
        """Remove incomplete files of an earlier run, and continue its indexing."""
        known = {dataset async for dataset in self.store.ids()}
        await asyncio.to_thread(_sweep, self.folder, known)
        await self._index_queue.start()

    async def stop(self) -> None:
        """Stop indexing; the next start continues it."""
        await self._index_queue.stop()
        for processes in (self._index_pool, self._isolated_pool, self._curve_pool, self._preview_pool):
            await processes.stop()

    # Datasets

    async def create(
        self,
        name: str,
        identity: Identity,
        kind: str = Kind.SPECTRA,
        *,
        synthetic: bool = False,
        project: str | None = None,
        expected_bytes: int = 0,
    ) -> Dataset:
        """Create an empty dataset.

        Parameters
        ----------
        name : str
            Its name; white space is normalised.
        identity : Identity
            Who owns it.
        kind : str
            ``spectra`` or ``features``.
        synthetic : bool
            Whether its spectra are made, not observed.
        project : str or None
            A project of the identity that it is shared with from the beginning; None: none.
        expected_bytes : int
            What its files will take, where it is known: a quota must leave so much.

        Returns
        -------
        Dataset
            The dataset, which waits for files.

        Raises
        ------
        Invalid
            If the name or the kind cannot be used, or the identity is no member of the project.
        QuotaExceeded
            If a quota does not allow another dataset.
        """
        require_member(identity, project)
        name = dataset_name(name)
        if kind not in set(Kind):
            reason = f"must be one of {', '.join(Kind)}"
            raise Invalid(f"The kind of a dataset {reason}.", [FieldError("kind", reason)])
        allow = await dataset_allowance(self._quotas, identity.user, project, expected_bytes)
        dataset = await self.store.create(
            name, Kind(kind), identity, synthetic=synthetic, project=project, allow=allow
        )
        self._tell(dataset)
        return dataset

    async def get(self, dataset: str, identity: Identity = SYSTEM, action: Action = Action.READ) -> Dataset:
        """Return one dataset that an identity may read, with its progress while it is indexed.

        Parameters
        ----------
        dataset : str
            Id.
        identity : Identity
            Who asks; the default is for the platform itself.
        action : Action
            What the identity is about to do.

        Raises
        ------
        NotFound
            If there is no such dataset, or the identity may not see it.
        Denied
            If the identity may see it, but not do this.
        """
        found = await self.store.get(dataset)
        authorize(identity, action, Resource("dataset", dataset, found.ownership))
        return found.with_progress(self._index_queue.progress(dataset))

    def progress(self, dataset: str) -> Progress | None:
        """Return the progress of a dataset, or None where it is not being indexed."""
        return self._index_queue.progress(dataset)

    async def find(self, dataset: str, identity: Identity = SYSTEM) -> Dataset | None:
        """Return one dataset, or None where there is none that the identity may see."""
        try:
            return await self.get(dataset, identity)
        except (NotFound, Unauthenticated, Denied):
            return None

    async def coverage(self, dataset: str) -> Coverage:
        """Return the number of files of a dataset, and the range that every spectrum covers."""
        row = await self.store.get(dataset)
        if row.holding is Holding.REFERENCES:  # of a million rows there is nothing to count
            return Coverage(row.count, None, None)
        files = sum((await self.store.files.count(dataset)).values())
        return await self.rows.coverage(dataset, files)

    async def rename(self, dataset: str, name: str, identity: Identity = SYSTEM) -> Dataset:
        """Give a dataset another name.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        name : str
            White space is normalised.
        identity : Identity
            Who asks.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the dataset; if it may see it, but not change it.
        Invalid
            If the name cannot be used.
        """
        await self.get(dataset, identity, Action.CHANGE)
        await self.store.set(dataset, name=dataset_name(name))
        renamed = await self.get(dataset)
        self._tell(renamed)
        return renamed

    async def delete(self, dataset: str, identity: Identity = SYSTEM) -> None:
        """Delete a dataset: its rows first, its folder last; `Conflict` while a job needs it."""
        row = await self.get(dataset, identity, Action.DELETE)
        await self.require_unused(row.id, "deleted")
        await self._index_queue.forget(dataset)
        await self.store.delete(dataset)
        self._live.publish("datasets", "state", {"dataset": dataset, "state": "deleted"}, row.ownership)
        await asyncio.to_thread(shutil.rmtree, self.folder / dataset, ignore_errors=True)

    # Files

    async def upload(
        self,
        dataset: str,
        path: str,
        chunks: AsyncIterator[bytes],
        length: int | None = None,
        *,
        identity: Identity = SYSTEM,
    ) -> DataFile:
        """Store one file of a dataset.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        path : str
            Where the file lies in the dataset.
        chunks : async iterator of bytes
            The file's content.
        length : int, optional
            Its size in bytes, where it is known.
        identity : Identity
            Who uploads.

        Returns
        -------
        DataFile
            The stored file.

        Raises
        ------
        Invalid, Conflict, StorageFull, QuotaExceeded
            As `UploadService.take`; `Conflict` also while a job uses the dataset.
        NotFound, Denied
            If the identity may not see the dataset; if it may see it, but not change it.
        """
        row = await self.get(dataset, identity, Action.CHANGE)
        if row.refers:
            raise Conflict(f"{row.name} points at an archive: upload files into a dataset of their own.")
        if row.origin is not None:
            raise Conflict(f"{row.name} is a selection of spectra: upload files into a dataset of their own.")
        if row.state is DatasetState.READY:
            await self.require_unused(row.id, "changed")
        return await self._uploads.take(dataset, path, chunks, length)

    async def intake(self, dataset: str, identity: Identity = SYSTEM) -> tuple[UploadService, Dataset]:
        """Return what stores many files of a dataset at once, and the dataset; errors as `upload`."""
        row = await self.get(dataset, identity, Action.CHANGE)
        if row.origin is not None:
            raise Conflict(f"{row.name} is a selection of spectra: bring files into a dataset of their own.")
        if row.state is DatasetState.READY:
            await self.require_unused(row.id, "changed")
        return self._uploads, row

    async def done(self, dataset: str, identity: Identity = SYSTEM) -> Dataset:
        """End an upload: the files are indexed from now on. A second call changes nothing.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        identity : Identity
            Who ends it.

        Returns
        -------
        Dataset
            The dataset.

        Raises
        ------
        Invalid
            If it has no files.
        NotFound, Denied
            If the identity may not see the dataset; if it may see it, but not change it.
        """
        row = await self.get(dataset, identity, Action.CHANGE)
        if row.state in {DatasetState.UPLOADING, DatasetState.ERROR}:
            if not await self.store.files.count(dataset):
                raise Invalid(
                    f"{row.name} has no files yet: upload some first.",
                    [FieldError("files", "there are none")],
                )
            await self._index_queue.ask(dataset)
        dataset_now = await self.get(dataset)
        self._tell(dataset_now)
        return dataset_now

    async def refer(self, dataset: str) -> Dataset:
        """Make a dataset whose rows point at an archive ready: nothing of it is read."""
        await asyncio.to_thread((self.folder / dataset / "files").mkdir, parents=True, exist_ok=True)
        await self._index_queue.summarise(dataset)
        before = (DatasetState.UPLOADING,)
        await self.store.move(dataset, before, DatasetState.READY, holding=Holding.REFERENCES)
        row = await self.get(dataset)
        self._tell(row)
        return row

    async def settled(self, dataset: str) -> Dataset:
        """Wait until a dataset is indexed or rejected, and return it."""
        with self._live.subscribe([f"dataset:{dataset}"]) as events:
            while True:
                row = await self.get(dataset)
                if row.state is not DatasetState.INDEXING:
                    return row
                await events.get()

    async def label(
        self, dataset: str, table: bytes, *, partial: bool = False, identity: Identity = SYSTEM
    ) -> LabelResult:
        """Set the labels of spectra from a table.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        table : bytes
            CSV, as ``dashboard.data.ingest.label_table`` reads it.
        partial : bool
            Whether the table is used although some of its lines name no spectrum.
        identity : Identity
            Who sets them.

        Returns
        -------
        LabelResult
            How many labels were changed, and which names are no spectrum's.

        Raises
        ------
        Conflict
            If the dataset is not indexed yet, or is a feature set.
        Invalid
            If the table cannot be read, or (without `partial`) names spectra that are not there.
        NotFound, Denied
            If the identity may not see the dataset; if it may see it, but not change it.
        """
        row = await self.get(dataset, identity, Action.CHANGE)
        if row.state is not DatasetState.READY:
            raise Conflict(f"{row.name} is {row.state}: labels can be given once its spectra were read.")
        if row.kind is Kind.FEATURES:
            raise Conflict(f"{row.name} is a feature set: its classes stand in its file.")
        done = await self._label_service.post(dataset, table, partial=partial)
        await self._index_queue.summarise(dataset)
        self._tell(await self.get(dataset))
        return done

    async def feature_file(self, dataset: str) -> Path:
        """Return the feature set's file of a dataset of that kind; `NotFound` when it holds nothing."""
        return self.folder / dataset / "files" / (await self.rows.get(dataset, 0)).path

    async def summarise(self, dataset: str) -> None:
        """Count what a dataset holds, and tell who watches it."""
        await self._index_queue.summarise(dataset)
        self._tell(await self.get(dataset))

    async def require_unused(self, dataset: str, what: str) -> None:
        """Return if no job needs a dataset; `Conflict` else, which says what it cannot be.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        what : str
            What it cannot be else, for the message.
        """
        jobs = await self._users(dataset)
        if jobs:
            name = (await self.store.get(dataset)).name
            raise Conflict(
                f"{name} cannot be {what}: it is used by {', '.join(jobs)}. Abort or wait for them first."
            )

    def _tell(self, dataset: Dataset) -> None:
        self._index_queue.tell(dataset, dataset.state)


def _sweep(folder: Path, known: set[str]) -> None:
    """Remove the folders of deleted datasets, unfinished uploads and what was on its way to somebody."""
    shutil.rmtree(folder / OUTGOING, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_dir() and is_identifier(path.name):
            shutil.rmtree(path if path.name not in known else path / "parts", ignore_errors=True)
