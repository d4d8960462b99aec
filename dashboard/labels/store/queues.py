"""All SQL about queues and what is in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.policy import absent
from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import label_queue_rows, label_queues
from dashboard.labels.queue import LEASE_S, LabellerProgress, Progress, Queue, QueueItem
from dashboard.labels.spectrum_key import SpectrumKey, location_of

AT_ONCE = 1000
HOUR_S = 3600.0

_rows = label_queue_rows


class QueueStore:
    """Queues, and who has which spectra of them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def insert(self, queue: dict[str, Any], rows: Sequence[dict[str, Any]]) -> None:
        """Store a queue with its rows, all or nothing."""
        async with self.database.write() as connection:
            await connection.execute(insert(label_queues).values(queue))
            for start in range(0, len(rows), AT_ONCE):
                await connection.execute(insert(_rows), list(rows[start : start + AT_ONCE]))

    async def get(self, label_set: str, queue: str) -> Queue:
        """Return a queue of a label set.

        Parameters
        ----------
        label_set, queue : str
            Which.

        Raises
        ------
        NotFound
            If there is none.
        """
        query = select(label_queues).where(label_queues.c.id == queue, label_queues.c.label_set == label_set)
        async with self.database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise absent("queue", queue)
        return Queue(**row)

    async def of_set(self, label_set: str) -> list[Queue]:
        """Return the queues of a label set, the newest first."""
        query = select(label_queues).where(label_queues.c.label_set == label_set)
        query = query.order_by(label_queues.c.created.desc(), label_queues.c.id.desc())
        async with self.database.read() as connection:
            return [Queue(**row) for row in (await connection.execute(query)).mappings()]

    async def known(
        self, connection: AsyncConnection, label_set: str, queues: Sequence[str]
    ) -> dict[str, Queue]:
        """Return which of some queues are of a label set.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction.
        label_set : str
            Whose.
        queues : sequence of str
            Ids.
        """
        query = select(label_queues).where(label_queues.c.label_set == label_set)
        found = await connection.execute(query.where(label_queues.c.id.in_(list(queues)[:AT_ONCE])))
        return {row["id"]: Queue(**row) for row in found.mappings()}

    async def delete(self, queue: str) -> None:
        """Delete a queue; what was labelled in it stays."""
        async with self.database.write() as connection:
            await connection.execute(delete(_rows).where(_rows.c.queue == queue))
            await connection.execute(delete(label_queues).where(label_queues.c.id == queue))

    async def take(self, queue: str, labeller: str, count: int) -> list[QueueItem]:
        """Return the next spectra for a labeller, who alone gets them for a while.

        Those that the labeller has already come first; nobody gets a spectrum twice.

        Parameters
        ----------
        queue : str
            Of which queue.
        labeller : str
            User id.
        count : int
            How many at most.
        """
        now, until = clock.now(), clock.after(LEASE_S)
        own = _rows.alias("own")
        had = select(own.c.position).where(own.c.queue == queue, own.c.labeller == labeller)
        mine = (_rows.c.labeller == labeller) & _rows.c.done.is_(None)
        free = or_(_rows.c.labeller.is_(None), _rows.c.leased < now) & _rows.c.position.not_in(had)
        order = (_rows.c.position, _rows.c.copy)
        open_rows = select(_rows).where(_rows.c.queue == queue, _rows.c.done.is_(None))
        async with self.database.write() as connection:
            # Locks the queue: two people who ask at once get one after the other.
            await connection.execute(
                update(label_queues).where(label_queues.c.id == queue).values(rows=label_queues.c.rows)
            )
            query = open_rows.where(mine).order_by(*order).limit(count)
            taken = list((await connection.execute(query)).mappings().all())
            places = {row["position"] for row in taken}
            if len(taken) < count:
                # Copies of one spectrum follow each other: some more are read than are needed.
                query = open_rows.where(free).order_by(*order).limit((count - len(taken)) * 10)
                for row in (await connection.execute(query)).mappings():
                    if len(taken) < count and row["position"] not in places:
                        taken.append(row)
                        places.add(row["position"])
            if taken:
                given = tuple_(_rows.c.position, _rows.c.copy)
                own_now = given.in_([(row["position"], row["copy"]) for row in taken])
                await connection.execute(
                    update(_rows)
                    .where(_rows.c.queue == queue, own_now)
                    .values(labeller=labeller, leased=until)
                )
        found = [_item({**row, "labeller": labeller, "leased": until}) for row in taken]
        return sorted(found, key=lambda item: (item.position, item.copy))

    async def release(self, queue: str, labeller: str) -> None:
        """Give back what a labeller has taken and not done."""
        own = (_rows.c.queue == queue, _rows.c.labeller == labeller, _rows.c.done.is_(None))
        async with self.database.write() as connection:
            await connection.execute(update(_rows).where(*own).values(labeller=None, leased=None))

    async def items(self, queue: str, labeller: str, size: int = AT_ONCE) -> list[QueueItem]:
        """Return what a labeller has, or has done, of a queue: what was done last comes first.

        Parameters
        ----------
        queue : str
            Of which queue.
        labeller : str
            User id.
        size : int
            The most.
        """
        query = select(_rows).where(_rows.c.queue == queue, _rows.c.labeller == labeller)
        query = query.order_by(_rows.c.done.desc().nulls_first(), _rows.c.position).limit(size)
        async with self.database.read() as connection:
            return [_item(row) for row in (await connection.execute(query)).mappings()]

    async def spectra(
        self, connection: AsyncConnection, queue: str, rows: Sequence[int]
    ) -> dict[int, SpectrumKey]:
        """Return which spectra are meant by numbers, as they were when the queue was made.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction.
        queue : str
            Of which queue.
        rows : sequence of int
            Numbers; those that are not in the queue are left out.
        """
        found = {}
        for start in range(0, len(rows), AT_ONCE // 2):
            some = _rows.c.row.in_(rows[start : start + AT_ONCE // 2])
            query = select(_rows).where(_rows.c.queue == queue, _rows.c.copy == 0, some)
            for row in (await connection.execute(query)).mappings():
                found[row["row"]] = _item(row).spectrum
        return found

    async def mark(
        self, connection: AsyncConnection, queue: str, row: int, labeller: str, *, done: bool
    ) -> None:
        """Note that a labeller has done a spectrum of a queue, or has undone that.

        Parameters
        ----------
        connection : AsyncConnection
            In a transaction that writes.
        queue : str
            Of which queue.
        row : int
            Number of the spectrum.
        labeller : str
            Who it was. Where their lease has ended and somebody else has the spectrum now, it is done by them
            all the same: the label is stored, and the other one need not look again.
        done : bool
            Whether it is done now.
        """
        places = select(_rows).where(_rows.c.queue == queue, _rows.c.row == row).order_by(_rows.c.copy)
        found = (await connection.execute(places)).mappings().all()
        own = next((one for one in found if one["labeller"] == labeller), None)
        place = own or next((one for one in found if one["done"] is None), None)
        if place is None:
            return
        if done:
            values = {"labeller": labeller, "leased": None, "done": clock.now()}
        elif own is None:
            return
        else:
            values = {"leased": clock.after(LEASE_S), "done": None}
        await connection.execute(_place(queue, place["position"], place["copy"]).values(values))

    async def progress(self, queue: str) -> Progress:
        """Return how far a queue is, and what each labeller has done of it."""
        recent = func.count().filter(_rows.c.done >= clock.after(-HOUR_S))
        mine = _rows.c.queue == queue
        done = (_rows.c.labeller.is_not(None), _rows.c.done.is_not(None))
        by = select(_rows.c.labeller, func.count(), recent).where(mine, *done)
        places = select(label_queues.c.rows * label_queues.c.copies).where(label_queues.c.id == queue)
        async with self.database.read() as connection:
            total = await connection.scalar(places)
            found = await connection.execute(by.group_by(_rows.c.labeller).order_by(_rows.c.labeller))
            people = tuple(LabellerProgress(*row) for row in found)
        return Progress(total or 0, sum(one.done for one in people), people)


def _place(queue: str, position: int, copy: int) -> Any:
    return update(_rows).where(_rows.c.queue == queue, _rows.c.position == position, _rows.c.copy == copy)


def _item(row: RowMapping | dict[str, Any]) -> QueueItem:
    spectrum = SpectrumKey(row["row"], location_of(row["spectrum"]), row["name"], row["sha256"])
    names = ("position", "copy", "opinion", "labeller", "leased", "done")
    return QueueItem(**{name: row[name] for name in names}, spectrum=spectrum)
