"""All SQL about datasets and their files; that about spectra is in `spectra.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import visible
from dashboard.base import clock
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.paging import Page
from dashboard.data.dataset import DataFile, Dataset, DatasetState, FileState, Kind
from dashboard.data.store.allowance import Allow, anything
from dashboard.database.engine import Database
from dashboard.database.list_order import Keys, in_any_case, ordering_by, within
from dashboard.database.tables import dataset_files, dataset_spectra, datasets

SORTS: Keys = {
    "created": datasets.c.created,
    "name": in_any_case(datasets.c.name),
    "state": datasets.c.state,
    "count": datasets.c.count,
    "rejected": datasets.c.rejected,
    "wavelength_min": datasets.c.wavelength_min,
    "bytes": datasets.c.bytes,
}
AT_ONCE = 1000


class DatasetStore:
    """Datasets and files. Every change of a state is guarded by the state it comes from."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(
        self,
        name: str,
        kind: Kind,
        identity: Identity,
        *,
        synthetic: bool = False,
        project: str | None = None,
        allow: Allow = anything,
    ) -> Dataset:
        """Store a dataset that waits for files.

        Parameters
        ----------
        name : str
            Its name.
        kind : Kind
            What it holds.
        identity : Identity
            Who owns it.
        synthetic : bool
            Whether its spectra are made, not observed.
        project : str or None
            The project that it is shared with; None: none.
        allow : callable
            Called first in the transaction; raises where the dataset may not be made.

        Returns
        -------
        Dataset
            The dataset with its id.
        """
        row: dict[str, Any] = {
            "id": new_identifier(),
            "name": name,
            "owner": identity.user,
            "visibility": Visibility.PROJECT if project else Visibility.PRIVATE,
            "project": project,
            "created": clock.now(),
            "state": DatasetState.UPLOADING,
            "kind": kind,
            "formats": {},
            "classes": {},
            "synthetic": synthetic,
        }
        async with self.database.write() as connection:
            await allow(connection)
            await connection.execute(insert(datasets).values(row))
        return await self.get(str(row["id"]))

    async def get(self, dataset: str) -> Dataset:
        """Return a dataset.

        Parameters
        ----------
        dataset : str
            Its id.

        Returns
        -------
        Dataset
            As it is stored now.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        async with self.database.read() as connection:
            row = (
                (await connection.execute(select(datasets).where(datasets.c.id == dataset)))
                .mappings()
                .first()
            )
        if row is None:
            raise NotFound(f"There is no dataset {dataset}; it may have been deleted.")
        return _dataset(row)

    async def search(
        self,
        q: str = "",
        *,
        kind: str = "",
        state: str = "",
        sort: str = "-created",
        page: int = 1,
        size: int = 50,
        identity: Identity,
    ) -> Page[Dataset]:
        """Return one page of datasets.

        Parameters
        ----------
        q : str
            Text that the name contains, or the id; empty: all.
        kind : str
            Only datasets of this kind; empty: of all.
        state : str
            Only datasets in this state; empty: in any.
        sort : str
            One of `SORTS`; with ``-`` before it: descending.
        page : int
            Number of the page, from 1.
        size : int
            Datasets on a page.
        identity : Identity
            Who asks; datasets that the identity may not see are left out.

        Returns
        -------
        Page[Dataset]
            The datasets of the page, and how many there are in all.
        """
        wanted = [visible(identity, datasets.c)]
        if q:
            wanted.append(or_(within(datasets.c.name, q), datasets.c.id == q))
        for column, value in ((datasets.c.kind, kind), (datasets.c.state, state)):
            if value:
                wanted.append(column == value)
        query = select(datasets).where(*wanted).order_by(*ordering_by(SORTS, sort), datasets.c.id)
        async with self.database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(datasets).where(*wanted))
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
        return Page([_dataset(row) for row in rows], total or 0, page, size)

    async def ids(self) -> AsyncIterator[str]:
        """Yield all ids."""
        async with self.database.read() as connection:
            for dataset in (await connection.execute(select(datasets.c.id))).scalars():
                yield dataset

    async def in_state(self, state: DatasetState) -> Sequence[str]:
        """Return the ids of those in a state, oldest first."""
        query = (
            select(datasets.c.id).where(datasets.c.state == state).order_by(datasets.c.created, datasets.c.id)
        )
        async with self.database.read() as connection:
            return (await connection.execute(query)).scalars().all()

    async def move(
        self, dataset: str, before: Sequence[DatasetState], after: DatasetState, **values: Any
    ) -> bool:
        """Change the state of a dataset, if it is one of some.

        Parameters
        ----------
        dataset : str
            Its id.
        before : sequence of DatasetState
            States from which it may change.
        after : DatasetState
            The new state.
        **values : object
            Other columns to write; the reason becomes empty where none is given.

        Returns
        -------
        bool
            Whether it was changed.
        """
        change = (
            update(datasets)
            .where(datasets.c.id == dataset, datasets.c.state.in_(before))
            .values(state=after, **{"reason": "", **values})
        )
        async with self.database.write() as connection:
            return (await connection.execute(change)).rowcount == 1

    async def set(self, dataset: str, **values: Any) -> None:
        """Change columns of a dataset."""
        async with self.database.write() as connection:
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(**values))

    async def delete(self, dataset: str) -> None:
        """Delete every row of a dataset."""
        async with self.database.write() as connection:
            # Children first, explicitly: one statement each, instead of a cascade row by row.
            for table in (dataset_spectra, dataset_files):
                await connection.execute(delete(table).where(table.c.dataset == dataset))
            await connection.execute(delete(datasets).where(datasets.c.id == dataset))

    # Files

    async def put_file(self, dataset: str, path: str, size: int, sha256: str | None) -> DataFile:
        """Record a complete file in place of the one of its path; the dataset is in upload again.

        Raises
        ------
        Conflict
            If the dataset is gone or its files are being read.
        """
        file = DataFile(path, size, sha256, FileState.UPLOADED, "")
        async with self.database.write() as connection:
            free = update(datasets).where(datasets.c.id == dataset, datasets.c.state != DatasetState.INDEXING)
            changed = await connection.execute(
                free.values(state=DatasetState.UPLOADING, reason="", sha256=None)
            )
            if changed.rowcount != 1:
                raise Conflict(
                    "The dataset was deleted, or its files are being read; wait until it is ready."
                )
            old = delete(dataset_files).where(
                dataset_files.c.dataset == dataset, dataset_files.c.path == path
            )
            before = (await connection.execute(old.returning(dataset_files.c.size))).scalar_one_or_none() or 0
            await connection.execute(insert(dataset_files).values(dataset=dataset, **file.to_json()))
            more = datasets.c.bytes + (size - before)
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(bytes=more))
        return file

    async def put_files(self, dataset: str, files: Sequence[DataFile]) -> None:
        """Record many new files at once (a folder from disk); indexing adds their hashes."""
        async with self.database.write() as connection:
            await connection.execute(
                insert(dataset_files), [{"dataset": dataset, **file.to_json()} for file in files]
            )
            change = update(datasets).where(datasets.c.id == dataset)
            await connection.execute(change.values(bytes=datasets.c.bytes + sum(file.size for file in files)))

    async def forget_reading(self, dataset: str) -> None:
        """Make every file unread, and count no spectrum: the next reading starts from the beginning."""
        mine = update(dataset_files).where(dataset_files.c.dataset == dataset)
        async with self.database.write() as connection:
            await connection.execute(mine.values(state=FileState.UPLOADED, reason=""))
            await connection.execute(update(datasets).where(datasets.c.id == dataset).values(count=0))

    async def note(self, dataset: str, path: str, reason: str) -> None:
        """Write the reason of a file.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        path : str
            The file.
        reason : str
            What is to be said about it; empty: nothing.
        """
        mine = (dataset_files.c.dataset == dataset, dataset_files.c.path == path)
        async with self.database.write() as connection:
            await connection.execute(update(dataset_files).where(*mine).values(reason=reason))

    async def file(self, dataset: str, path: str) -> DataFile | None:
        """Return one file, or None."""
        query = select(dataset_files).where(dataset_files.c.dataset == dataset, dataset_files.c.path == path)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        return None if row is None else _file(row)

    async def files(
        self, dataset: str, after: str = "", size: int = AT_ONCE, state: FileState | None = None
    ) -> list[DataFile]:
        """Return files of a dataset, by path.

        Parameters
        ----------
        dataset : str
            The dataset's id.
        after : str
            Only files whose path sorts after this one.
        size : int
            The most files.
        state : FileState, optional
            Only files in this state; None: in any.

        Returns
        -------
        list of DataFile
            In the order of their paths.
        """
        query = select(dataset_files).where(dataset_files.c.dataset == dataset, dataset_files.c.path > after)
        if state is not None:
            query = query.where(dataset_files.c.state == state)
        async with self.database.read() as connection:
            rows = (
                (await connection.execute(query.order_by(dataset_files.c.path).limit(size))).mappings().all()
            )
        return [_file(row) for row in rows]

    async def all_files(self, dataset: str) -> AsyncIterator[DataFile]:
        """Yield all files, by path, without holding a transaction."""
        after = ""
        while found := await self.files(dataset, after):
            for file in found:
                yield file
            after = found[-1].path

    async def noted_files(self, dataset: str, size: int = 100) -> list[DataFile]:
        """Return the first files that were read with a reason (some of their spectra were rejected)."""
        query = select(dataset_files).where(
            dataset_files.c.dataset == dataset,
            dataset_files.c.state == FileState.READ,
            dataset_files.c.reason != "",
        )
        async with self.database.read() as connection:
            rows = (
                (await connection.execute(query.order_by(dataset_files.c.path).limit(size))).mappings().all()
            )
        return [_file(row) for row in rows]

    async def count_files(self, dataset: str) -> Mapping[FileState, int]:
        """Return how many files are in each state."""
        query = (
            select(dataset_files.c.state, func.count())
            .where(dataset_files.c.dataset == dataset)
            .group_by(dataset_files.c.state)
        )
        async with self.database.read() as connection:
            return {FileState(state): count for state, count in (await connection.execute(query)).all()}


def _dataset(row: RowMapping) -> Dataset:
    values = {name: row[name] for name in Dataset.__dataclass_fields__ if name in row}
    return Dataset(**{**values, "state": DatasetState(row["state"]), "kind": Kind(row["kind"])})


def _file(row: RowMapping) -> DataFile:
    return DataFile(row["path"], row["size"], row["sha256"], FileState(row["state"]), row["reason"])
