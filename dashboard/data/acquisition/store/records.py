"""All SQL about the records of acquisitions."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, bindparam, delete, func, insert, or_, select, update
from sqlalchemy.orm import aliased

from dashboard.base.paging import Page
from dashboard.data.acquisition.acquisition import (
    Choice,
    Outcome,
    RecordFilter,
    RecordRow,
    RecordState,
)
from dashboard.data.sources.record import Fault
from dashboard.database.engine import Database
from dashboard.database.list_order import within
from dashboard.database.tables import acquisition_records, acquisitions

AT_ONCE = 500
SKY_AT_MOST = 20_000  # positions of one drawing
RECORDS = acquisition_records.c


def digest_of(address: str) -> str:
    """Return what finds an address among millions."""
    return hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class RecordRows:
    """Records of acquisitions.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def restart(self, acquisition: str) -> None:
        """Delete the records of a list that was interrupted: it is made again."""
        async with self._database.write() as connection:
            await connection.execute(delete(acquisition_records).where(RECORDS.acquisition == acquisition))
            nothing = {"listed": 0, "failed": 0, "expected_bytes": 0, "notices": []}
            await connection.execute(
                update(acquisitions).where(acquisitions.c.id == acquisition).values(nothing)
            )

    async def add(self, acquisition: str, rows: Sequence[dict[str, Any]], **values: Any) -> None:
        """Store listed records, and columns of the acquisition with them.

        Parameters
        ----------
        acquisition : str
            Its id.
        rows : sequence of dict
            Columns of each record.
        **values : object
            Columns of the acquisition.
        """
        async with self._database.write() as connection:
            if rows:
                await connection.execute(
                    insert(acquisition_records), [{"acquisition": acquisition, **row} for row in rows]
                )
            mine = update(acquisitions).where(acquisitions.c.id == acquisition)
            await connection.execute(mine.values(**values))

    async def mark_known(self, acquisition: str, source: str) -> int:
        """Mark the records that an earlier acquisition of the source fetched; return how many there are."""
        earlier = aliased(acquisition_records)
        fetched = (
            select(1)
            .select_from(earlier)
            .join(acquisitions, acquisitions.c.id == earlier.c.acquisition)
            .where(
                earlier.c.digest == RECORDS.digest,
                earlier.c.address == RECORDS.address,
                earlier.c.state.in_((RecordState.FETCHED, RecordState.REFERENCED)),
                acquisitions.c.source == source,
            )
        )
        wanted = (RECORDS.acquisition == acquisition, RECORDS.state == RecordState.LISTED, fetched.exists())
        async with self._database.write() as connection:
            query = update(acquisition_records).where(*wanted).values(state=RecordState.KNOWN)
            return (await connection.execute(query)).rowcount

    async def choose(self, acquisition: str, choice: Choice) -> int:
        """Queue the listed records of a choice, leave out the others; return how many are queued.

        Parameters
        ----------
        acquisition : str
            Its id.
        choice : Choice
            Which.
        """
        listed = (RECORDS.acquisition == acquisition, RECORDS.state == RecordState.LISTED)
        wanted: list[ColumnElement[bool]] = []
        if choice.ranges:
            wanted.append(or_(*(RECORDS.number.between(*each) for each in choice.ranges)))
        if choice.q:
            wanted.append(_has(choice.q))
        async with self._database.write() as connection:
            queue = update(acquisition_records).where(*listed, *wanted).values(state=RecordState.QUEUED)
            queued = (await connection.execute(queue)).rowcount
            if queued:
                rest = update(acquisition_records).where(*listed).values(state=RecordState.LEFT_OUT)
                await connection.execute(rest)
        return queued

    async def queue_failed(self, acquisition: str) -> int:
        """Queue the failed records that have an address; return how many there are."""
        wanted = (
            RECORDS.acquisition == acquisition,
            RECORDS.state == RecordState.FAILED,
            RECORDS.fault != Fault.NO_LINK,
        )
        async with self._database.write() as connection:
            query = update(acquisition_records).where(*wanted)
            query = query.values(state=RecordState.QUEUED, fault="", detail="", attempts=0)
            count = (await connection.execute(query)).rowcount
            mine = update(acquisitions).where(acquisitions.c.id == acquisition)
            await connection.execute(mine.values(failed=acquisitions.c.failed - count))
        return count

    async def queued(self, acquisition: str, after: int, size: int = AT_ONCE) -> list[RecordRow]:
        """Return the next queued records.

        Parameters
        ----------
        acquisition : str
            Its id.
        after : int
            Only those with a larger number.
        size : int
            At most so many.
        """
        wanted = (
            RECORDS.acquisition == acquisition,
            RECORDS.state == RecordState.QUEUED,
            RECORDS.number > after,
        )
        query = select(acquisition_records).where(*wanted).order_by(RECORDS.number).limit(size)
        async with self._database.read() as connection:
            return [_record(row) for row in (await connection.execute(query)).mappings()]

    async def numbered(self, acquisition: str, numbers: Sequence[int]) -> dict[int, RecordRow]:
        """Return records by number, at most `AT_ONCE`; numbers without a record are left out.

        Parameters
        ----------
        acquisition : str
            Its id.
        numbers : sequence of int
            At most `AT_ONCE`; those without a record are left out.
        """
        wanted = (RECORDS.acquisition == acquisition, RECORDS.number.in_(numbers))
        async with self._database.read() as connection:
            rows = (await connection.execute(select(acquisition_records).where(*wanted))).mappings()
            return {row["number"]: _record(row) for row in rows}

    async def settle(self, acquisition: str, outcomes: Sequence[Outcome]) -> None:
        """Store what became of records, and the counts of the acquisition, in one transaction."""
        fetched = [one for one in outcomes if not one.fault]
        change = (
            update(acquisition_records)
            .where(
                RECORDS.acquisition == acquisition,
                RECORDS.number == bindparam("of_number"),
                RECORDS.state == RecordState.QUEUED,
            )
            .values(
                state=bindparam("to_state"),
                fault=bindparam("to_fault"),
                detail=bindparam("to_detail"),
                attempts=bindparam("to_attempts"),
                path=bindparam("to_path"),
                bytes=bindparam("to_bytes"),
            )
        )
        async with self._database.write() as connection:
            await connection.execute(change, [_changed(one) for one in outcomes])
            mine = update(acquisitions).where(acquisitions.c.id == acquisition)
            await connection.execute(
                mine.values(
                    fetched=acquisitions.c.fetched + len(fetched),
                    failed=acquisitions.c.failed + len(outcomes) - len(fetched),
                    bytes=acquisitions.c.bytes + sum(one.size for one in fetched),
                )
            )

    async def search(
        self, acquisition: str, wanted: RecordFilter, page: int, size: int, listed: int
    ) -> Page[RecordRow]:
        """Return one page of records by number.

        Parameters
        ----------
        acquisition : str
            Its id.
        wanted : RecordFilter
            Which.
        page, size : int
            Number of the page from 1; records on a page.
        listed : int
            How many records there are in all.
        """
        mine = RECORDS.acquisition == acquisition
        query = select(acquisition_records).order_by(RECORDS.number).limit(size)
        async with self._database.read() as connection:
            if not (wanted.q or wanted.state):  # numbers have no gaps: no row before the page is read
                total = listed
                query = query.where(mine, RECORDS.number > (page - 1) * size)
            else:
                which = [mine, *([RECORDS.state == wanted.state] if wanted.state else [])]
                which += [_has(wanted.q)] if wanted.q else []
                count = select(func.count()).select_from(acquisition_records).where(*which)
                total = await connection.scalar(count) or 0
                query = query.where(*which).offset((page - 1) * size)
            rows = (await connection.execute(query)).mappings().all()
        return Page([_record(row) for row in rows], total, page, size)

    async def faults(self, acquisition: str) -> dict[str, int]:
        """Return how many records failed by fault, the most frequent first."""
        query = (
            select(RECORDS.fault, func.count())
            .where(RECORDS.acquisition == acquisition, RECORDS.state == RecordState.FAILED)
            .group_by(RECORDS.fault)
        )
        async with self._database.read() as connection:
            found = (await connection.execute(query)).all()
        return {str(fault): count for fault, count in sorted(found, key=lambda row: -row[1])}

    async def positions(self, acquisition: str, listed: int) -> list[tuple[float, float]]:
        """Return positions of records; of very many every n-th.

        Parameters
        ----------
        acquisition : str
            Its id.
        listed : int
            How many records there are.
        """
        step = max(listed // SKY_AT_MOST, 1)
        query = select(RECORDS.ra, RECORDS.dec).where(
            RECORDS.acquisition == acquisition, RECORDS.ra.is_not(None), RECORDS.number % step == 0
        )
        async with self._database.read() as connection:
            return [(row.ra, row.dec) for row in await connection.execute(query.limit(2 * SKY_AT_MOST))]

    async def located(self, acquisition: str) -> AsyncIterator[list[tuple[str, float, float]]]:
        """Yield path, right ascension and declination of the fetched records that have them, in blocks."""
        after = 0
        while True:
            wanted = and_(
                RECORDS.acquisition == acquisition,
                RECORDS.state == RecordState.FETCHED,
                RECORDS.number > after,
                RECORDS.ra.is_not(None),
                RECORDS.dec.is_not(None),
            )
            columns = select(RECORDS.number, RECORDS.path, RECORDS.ra, RECORDS.dec)
            query = columns.where(wanted).order_by(RECORDS.number).limit(AT_ONCE)
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).all()
            if rows:
                yield [(row.path, row.ra, row.dec) for row in rows]
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].number

    async def described(self, acquisition: str) -> AsyncIterator[RecordRow]:
        """Yield the fetched records that have a label or an object, by number."""
        after = 0
        while True:
            wanted = and_(
                RECORDS.acquisition == acquisition,
                RECORDS.state == RecordState.FETCHED,
                RECORDS.number > after,
                or_(RECORDS.label != "", RECORDS.object != ""),
            )
            query = select(acquisition_records).where(wanted).order_by(RECORDS.number).limit(AT_ONCE)
            async with self._database.read() as connection:
                rows = [_record(row) for row in (await connection.execute(query)).mappings()]
            for row in rows:
                yield row
            if len(rows) < AT_ONCE:
                return
            after = rows[-1].number


def _has(words: str) -> ColumnElement[bool]:
    return or_(within(RECORDS.name, words), within(RECORDS.title, words), within(RECORDS.object, words))


def _changed(outcome: Outcome) -> dict[str, Any]:
    return {
        "of_number": outcome.number,
        "to_state": str(RecordState.FAILED if outcome.fault else RecordState.FETCHED),
        "to_fault": outcome.fault,
        "to_detail": outcome.detail[:2000],
        "to_attempts": outcome.attempts,
        "to_path": outcome.path,
        "to_bytes": None if outcome.fault else outcome.size,
    }


def _record(row: RowMapping) -> RecordRow:
    told = {name: row[name] for name in RecordRow.__dataclass_fields__}
    return RecordRow(**{**told, "state": RecordState(row["state"])})
