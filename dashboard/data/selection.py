"""Selections: datasets of some spectra of another one, which refer to its files.

Files are shared by hard links: a selection takes no space, and keeps its spectra when the dataset that they
were selected from is deleted. Rows of a feature set are copied into one of their own.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.data.dataset import DataFile, Dataset, DatasetState, FileState, Kind, SpectrumRow, dataset_name
from dashboard.data.ingest.index_queue import IndexQueue
from dashboard.data.isolated.features import select_rows
from dashboard.data.isolated.process_pool import ProcessPool, WorkerLost
from dashboard.data.isolated.read_spectra import hash_of
from dashboard.data.linked import LinkedContent, LinkedDatasets
from dashboard.data.store.allowance import dataset_allowance
from dashboard.data.store.datasets import DatasetStore
from dashboard.data.store.spectra import SpectrumRows
from dashboard.quotas.service import Quotas
from spectra.reading.archive import SEPARATOR

MOST_SELECTED = 100_000
PATIENCE_S = 300.0  # for copying rows of a feature set


class SelectionService:
    """Makes datasets of spectra of other datasets.

    Parameters
    ----------
    store, rows : DatasetStore, SpectrumRows
        Of all datasets.
    index_queue : IndexQueue
        Reads feature sets.
    processes : ProcessPool
        Copies rows of feature sets.
    linked : LinkedDatasets
        Makes those of files.
    folder : Path
        ``<home>/data``.
    quotas : Quotas, optional
        Must allow a new dataset of that size; None: every one is allowed.
    """

    def __init__(
        self,
        store: DatasetStore,
        rows: SpectrumRows,
        index_queue: IndexQueue,
        *,
        processes: ProcessPool,
        linked: LinkedDatasets,
        folder: Path,
        quotas: Quotas | None = None,
    ) -> None:
        self._quotas = quotas
        self._linked = linked
        self._store = store
        self._rows = rows
        self._index_queue = index_queue
        self._processes = processes
        self._folder = folder

    async def create(
        self, source: Dataset, numbers: Sequence[int], name: str, identity: Identity, *, job: str
    ) -> Dataset:
        """Make a dataset of some spectra of another one.

        Parameters
        ----------
        source : Dataset
            Which the identity may read.
        numbers : sequence of int
            Of its spectra; each counts once.
        name : str
            Of the new dataset.
        identity : Identity
            Who owns it.
        job : str
            In whose report they were selected.

        Returns
        -------
        Dataset
            Of spectra: ready; a feature set is read first.

        Raises
        ------
        Invalid
            If the name cannot be used, or there are too many spectra.
        Conflict
            If none of the spectra is there, or the files are gone.
        Denied
            If the identity may not make datasets.
        QuotaExceeded
            If a quota does not allow another dataset, or its files.
        """
        check_count(len(set(numbers)))
        found = await self._rows.numbered(source.id, sorted(set(numbers)))
        spectra = [found[number] for number in sorted(found)]
        return await self.of_spectra(source, spectra, name, identity, how={"job": job})

    async def of_spectra(
        self,
        source: Dataset,
        spectra: Sequence[SpectrumRow],
        name: str,
        identity: Identity,
        *,
        how: Mapping[str, str],
    ) -> Dataset:
        """Make a dataset of spectra that are at hand.

        Parameters
        ----------
        source : Dataset
            Which the identity may read.
        spectra : sequence of SpectrumRow
            Of it, by number.
        name : str
            Of the new dataset.
        identity : Identity
            Who owns it.
        how : mapping
            ``job``: in whose report they were selected; ``kind``: what it is of the source.

        Raises
        ------
        Invalid, Conflict, Denied, QuotaExceeded
            As `create`.
        """
        authorize(identity, Action.CREATE, Resource("dataset"))
        name = dataset_name(name)
        if source.state is not DatasetState.READY:
            raise Conflict(f"{source.name} is {source.state}: select from it when its spectra were read.")
        if not spectra:
            raise Conflict(f"{source.name} holds none of the selected spectra any more.")
        origin = {**how, "dataset": source.id, "name": source.name, "sha256": rows_digest(spectra)}
        if source.kind is Kind.FEATURES:
            return await self._of_features(source, spectra, name, identity, origin)
        return await self._of_files(source, spectra, name, identity, origin)

    async def _of_files(
        self,
        source: Dataset,
        spectra: Sequence[SpectrumRow],
        name: str,
        identity: Identity,
        origin: dict[str, str],
    ) -> Dataset:
        files = await self._files(source, spectra)
        given = self._folder / source.id / "files"
        return await self._linked.create(
            LinkedContent(files, [(given / file.path, file.path) for file in files], spectra),
            name,
            identity,
            synthetic=source.synthetic,
            origin=origin,
            whose=source.name,
        )

    async def _files(self, source: Dataset, spectra: Sequence[SpectrumRow]) -> list[DataFile]:
        """Return the files in which spectra lie, as they were read."""
        wanted = {spectrum.path.partition(SEPARATOR)[0] for spectrum in spectra}
        return [file async for file in self._store.files.all(source.id) if file.path in wanted]

    async def _of_features(
        self,
        source: Dataset,
        spectra: Sequence[SpectrumRow],
        name: str,
        identity: Identity,
        origin: dict[str, str],
    ) -> Dataset:
        path = spectra[0].path
        allow = await dataset_allowance(self._quotas, identity.user)
        dataset = await self._store.create(
            name, Kind.FEATURES, identity, synthetic=source.synthetic, allow=allow
        )
        folder = self._folder / dataset.id / "files"
        out = folder / f"{Path(path).stem or 'features'}.parquet"
        await asyncio.to_thread(folder.mkdir, parents=True)
        given = self._folder / source.id / "files" / path
        try:
            await self._processes.run(
                select_rows,
                given,
                [spectrum.row or 0 for spectrum in spectra],
                out,
                limit_s=PATIENCE_S,
                reads=[given],
                writes=[folder],
            )
        except (WorkerLost, OSError, ValueError, IndexError) as error:
            await self._store.delete(dataset.id)
            await asyncio.to_thread(shutil.rmtree, folder.parent, ignore_errors=True)
            reason = getattr(error, "reason", error)
            raise Conflict(f"The feature set of {source.name} cannot be read: {reason}.") from error
        size = (await asyncio.to_thread(out.stat)).st_size
        sha256 = await asyncio.to_thread(hash_of, out)
        file = DataFile(out.name, size, sha256, FileState.UPLOADED, "")
        await self._store.files.put_many(dataset.id, [file])
        await self._store.set(dataset.id, origin=origin)
        await self._index_queue.ask(dataset.id)
        made = await self._store.get(dataset.id)
        self._index_queue.tell(made, made.state)
        return made


def check_count(count: int) -> None:
    """Reject an empty selection, and one that is too large.

    Raises
    ------
    Invalid
        If there are none, or more than `MOST_SELECTED`.
    """
    if count and count <= MOST_SELECTED:
        return
    reason = f"{count:,} spectra are selected; a selection has 1 to {MOST_SELECTED:,}"
    raise Invalid(f"No dataset is made: {reason}.", [FieldError("rows", reason)])


def rows_digest(spectra: Sequence[SpectrumRow]) -> str:
    """Return the hash of what identifies spectra, with their classes and objects."""
    digest = hashlib.sha256()
    for one in spectra:
        digest.update(json.dumps([one.path, one.hdu, one.row, one.label, one.group]).encode())
    return digest.hexdigest()
