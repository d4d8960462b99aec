"""All SQL about the log of label sets. There is no statement that changes or deletes an event."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import RowMapping, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.policy import absent
from dashboard.database.engine import Database
from dashboard.database.tables import label_events, label_sets
from dashboard.labels.event import EventKind, LabelEvent
from dashboard.labels.spectrum_key import SpectrumKey, location_of

AT_ONCE = 2000
AT_ONCE_IN = 500

_table = label_events


class LabelLog:
    """The events of label sets."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_key(
        self, connection: AsyncConnection, label_set: str, keys: Sequence[str]
    ) -> dict[str, LabelEvent]:
        """Return the events of these keys that are stored.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction.
        label_set : str
            Whose.
        keys : sequence of str
            Keys; those that are not stored are left out.
        """
        found = {}
        for start in range(0, len(keys), AT_ONCE_IN):
            some = _table.c.key.in_(keys[start : start + AT_ONCE_IN])
            query = select(_table).where(_table.c.label_set == label_set, some)
            for row in (await connection.execute(query)).mappings():
                found[row["key"]] = _event(row)
        return found

    async def lock(self, connection: AsyncConnection, label_set: str) -> int:
        """Keep others from adding to a log until the transaction ends; return its last number.

        Without this, numbers of two transactions could become visible in the other order, and a version that
        ends with the higher number would change.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction that writes.
        label_set : str
            Whose.

        Raises
        ------
        NotFound
            If the label set was deleted.
        """
        mine = update(label_sets).where(label_sets.c.id == label_set).values(events=label_sets.c.events)
        last = (await connection.execute(mine.returning(label_sets.c.events))).scalar_one_or_none()
        if last is None:
            raise absent("label set", label_set)
        return int(last)

    async def add(
        self, connection: AsyncConnection, label_set: str, rows: Sequence[dict[str, Any]], last: int
    ) -> None:
        """Add events whose numbers follow the last one.

        Parameters
        ----------
        connection : AsyncConnection
            That has called `lock`.
        label_set : str
            Whose.
        rows : sequence of dict
            The columns of each, without set and number.
        last : int
            What `lock` returned.
        """
        if not rows:
            return
        numbered = [
            {**row, "label_set": label_set, "number": last + index + 1} for index, row in enumerate(rows)
        ]
        await connection.execute(insert(_table), numbered)
        mine = update(label_sets).where(label_sets.c.id == label_set)
        await connection.execute(mine.values(events=last + len(rows)))

    async def read(
        self, label_set: str, after: int = 0, last: int | None = None
    ) -> AsyncIterator[list[LabelEvent]]:
        """Yield the events of a log in blocks, without holding a transaction.

        Parameters
        ----------
        label_set : str
            Whose.
        after : int
            Only those with a greater number.
        last : int, optional
            Only those up to this number; None: all.
        """
        while True:
            found = await self.page(label_set, after, AT_ONCE, last)
            if not found:
                return
            yield found
            after = found[-1].number

    async def in_queue(self, label_set: str, queue: str, labeller: str) -> list[LabelEvent]:
        """Return what a labeller said in a queue, in the order of the log.

        Parameters
        ----------
        label_set, queue : str
            Where.
        labeller : str
            User id.
        """
        mine = (_table.c.label_set == label_set, _table.c.queue == queue, _table.c.labeller == labeller)
        async with self._database.read() as connection:
            query = select(_table).where(*mine).order_by(_table.c.number)
            return [_event(row) for row in (await connection.execute(query)).mappings()]

    async def page(
        self, label_set: str, after: int = 0, size: int = AT_ONCE, last: int | None = None
    ) -> list[LabelEvent]:
        """Return some events of a log, in its order.

        Parameters
        ----------
        label_set : str
            Whose.
        after : int
            Only those with a greater number.
        size : int
            The most.
        last : int, optional
            Only those up to this number; None: all.
        """
        query = select(_table).where(_table.c.label_set == label_set, _table.c.number > after)
        if last is not None:
            query = query.where(_table.c.number <= last)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(_table.c.number).limit(size))).mappings().all()
        return [_event(row) for row in rows]


def _event(row: RowMapping) -> LabelEvent:
    spectrum = SpectrumKey(row["row"], location_of(row["spectrum"]), row["name"], row["sha256"])
    same = ("number", "key", "label", "labeller", "time", "comment", "undoes", "queue", "shown", "made")
    return LabelEvent(
        **{name: row[name] for name in same},
        spectrum=spectrum,
        kind=EventKind(row["kind"]),
        decides=row["decides"],
    )
