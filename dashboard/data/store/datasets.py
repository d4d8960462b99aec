"""All SQL about datasets; that about their files and spectra is in `files.py` and `spectra.py`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import visible
from dashboard.base import clock
from dashboard.base.errors import NotFound
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.paging import Page
from dashboard.data.dataset import Dataset, DatasetState, Holding, Kind
from dashboard.data.store.allowance import Allow, anything
from dashboard.data.store.files import FileRows
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


class DatasetStore:
    """Datasets. Every change of a state is guarded by the state it comes from.

    Attributes
    ----------
    files : FileRows
        Their files.
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.files = FileRows(database)

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

    async def any(self, identity: Identity) -> bool:
        """Return whether there is a dataset that an identity may see."""
        seen = select(datasets.c.id).where(visible(identity, datasets.c)).limit(1)
        async with self.database.read() as connection:
            return (await connection.execute(seen)).first() is not None

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

    async def held_as(self, holding: Holding) -> Sequence[str]:
        """Return the ids of those whose files are held in a way."""
        query = select(datasets.c.id).where(datasets.c.holding == holding)
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


def _dataset(row: RowMapping) -> Dataset:
    values = {name: row[name] for name in Dataset.__dataclass_fields__ if name in row}
    of = {"state": DatasetState(row["state"]), "kind": Kind(row["kind"]), "holding": Holding(row["holding"])}
    return Dataset(**{**values, **of})
