"""All SQL about label sets."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import absent, visible
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.list_order import Keys, in_any_case, ordering_by, within
from dashboard.database.tables import (
    label_events,
    label_queue_rows,
    label_queues,
    label_sets,
    label_versions,
)
from dashboard.labels.label_set import LabelSet

SORTS: Keys = {
    "created": label_sets.c.created,
    "name": in_any_case(label_sets.c.name),
    "dataset": in_any_case(label_sets.c.dataset_name),
    "events": label_sets.c.events,
}


class LabelSetStore:
    """Label sets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, row: dict[str, Any]) -> None:
        """Store a new label set."""
        async with self._database.write() as connection:
            await connection.execute(insert(label_sets).values(row))

    async def get(self, label_set: str) -> LabelSet:
        """Return one.

        Parameters
        ----------
        label_set : str
            Its id.

        Raises
        ------
        NotFound
            If there is none.
        """
        async with self._database.read() as connection:
            query = select(label_sets).where(label_sets.c.id == label_set)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise absent("label_set", label_set)
        return _label_set(row)

    async def update(self, label_set: str, values: dict[str, Any]) -> None:
        """Change columns of a label set."""
        async with self._database.write() as connection:
            mine = update(label_sets).where(label_sets.c.id == label_set)
            await connection.execute(mine.values(values))

    async def search(
        self,
        q: str = "",
        *,
        dataset: str = "",
        sort: str = "-created",
        page: int = 1,
        size: int = 50,
        identity: Identity,
    ) -> Page[LabelSet]:
        """Return one page of label sets.

        Parameters
        ----------
        q : str
            Text in the name of the set or of its dataset, or the id; empty: all.
        dataset : str
            Only those of this dataset; empty: of all.
        sort : str
            One of `SORTS`; with ``-`` before it: descending.
        page, size : int
            Which part of the list.
        identity : Identity
            Who asks.
        """
        table = label_sets.c
        wanted = [visible(identity, table)]
        if q:
            wanted.append(or_(within(table.name, q), within(table.dataset_name, q), table.id == q))
        if dataset:
            wanted.append(table.dataset == dataset)
        query = select(label_sets).where(*wanted).order_by(*ordering_by(SORTS, sort), table.id)
        async with self._database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(label_sets).where(*wanted))
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
        return Page([_label_set(row) for row in rows], total or 0, page, size)

    async def delete(self, label_set: str) -> None:
        """Delete a label set with its log, versions and queues."""
        mine = select(label_queues.c.id).where(label_queues.c.label_set == label_set)
        async with self._database.write() as connection:
            await connection.execute(delete(label_queue_rows).where(label_queue_rows.c.queue.in_(mine)))
            for table in (label_queues, label_versions, label_events):
                await connection.execute(delete(table).where(table.c.label_set == label_set))
            await connection.execute(delete(label_sets).where(label_sets.c.id == label_set))


def _label_set(row: RowMapping) -> LabelSet:
    values = {name: row[name] for name in LabelSet.__dataclass_fields__}
    return LabelSet(**{**values, "classes": tuple(row["classes"])})
