"""All SQL about acquisitions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select, update

from dashboard.auth.policy import absent
from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.base.paging import Page
from dashboard.data.acquisition.acquisition import WORKING, Acquisition, AcquisitionState
from dashboard.database.engine import Database
from dashboard.database.tables import acquisition_records, acquisitions


class AcquisitionStore:
    """Acquisitions in the database. Every change of a state is guarded by the state it comes from.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, source: str, user: str, **values: Any) -> Acquisition:
        """Store an acquisition whose records are to be listed.

        Parameters
        ----------
        source : str
            Id of its source.
        user : str
            Who asked for it.
        **values : object
            Other columns: ``name``, ``project``, ``auto``, ``only_new``.
        """
        row = {
            "id": new_identifier(),
            "source": source,
            "user": user,
            "created": clock.now(),
            "state": AcquisitionState.LISTING,
            "notices": [],
            **values,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(acquisitions).values(row))
        return await self.get(str(row["id"]))

    async def get(self, acquisition: str, source: str | None = None) -> Acquisition:
        """Return an acquisition.

        Parameters
        ----------
        acquisition : str
            Its id.
        source : str, optional
            Id of the source that it must be of.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        query = select(acquisitions).where(acquisitions.c.id == acquisition)
        if source is not None:
            query = query.where(acquisitions.c.source == source)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().first()
        if row is None:
            raise absent("acquisition", acquisition)
        return _acquisition(row)

    async def of_source(self, source: str, page: int = 1, size: int = 50) -> Page[Acquisition]:
        """Return one page of the history of a source, newest first.

        Parameters
        ----------
        source : str
            Its id.
        page, size : int
            Number of the page from 1; acquisitions on a page.
        """
        mine = acquisitions.c.source == source
        query = select(acquisitions).where(mine)
        query = query.order_by(acquisitions.c.created.desc(), acquisitions.c.id.desc())
        async with self._database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(acquisitions).where(mine))
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
        return Page([_acquisition(row) for row in rows], total or 0, page, size)

    async def last(self, sources: Sequence[str]) -> dict[str, Acquisition]:
        """Return the newest acquisition of each of some sources that has one."""
        newest = (
            select(acquisitions.c.source, func.max(acquisitions.c.id).label("id"))
            .where(acquisitions.c.source.in_(sources))
            .group_by(acquisitions.c.source)
            .subquery()
        )
        query = select(acquisitions).join(newest, newest.c.id == acquisitions.c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return {row["source"]: _acquisition(row) for row in rows}

    async def working(self) -> list[str]:
        """Return the ids of those that the platform works at, oldest first."""
        query = select(acquisitions.c.id).where(acquisitions.c.state.in_(WORKING))
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(acquisitions.c.id))).scalars())

    async def move(
        self, acquisition: str, before: Sequence[AcquisitionState], after: AcquisitionState, **values: Any
    ) -> bool:
        """Change the state of an acquisition, if it is one of some.

        Parameters
        ----------
        acquisition : str
            Its id.
        before : sequence of AcquisitionState
            States from which it may change.
        after : AcquisitionState
            The new state.
        **values : object
            Other columns to write.

        Returns
        -------
        bool
            Whether it was changed.
        """
        wanted = (acquisitions.c.id == acquisition, acquisitions.c.state.in_(before))
        async with self._database.write() as connection:
            query = update(acquisitions).where(*wanted).values(state=after, **values)
            return (await connection.execute(query)).rowcount == 1

    async def set(self, acquisition: str, **values: Any) -> None:
        """Change columns of an acquisition."""
        async with self._database.write() as connection:
            await connection.execute(
                update(acquisitions).where(acquisitions.c.id == acquisition).values(values)
            )

    async def delete(self, acquisition: str) -> None:
        """Delete an acquisition and its records; its dataset stays."""
        async with self._database.write() as connection:
            mine = acquisition_records.c.acquisition == acquisition
            await connection.execute(delete(acquisition_records).where(mine))
            await connection.execute(delete(acquisitions).where(acquisitions.c.id == acquisition))


def _acquisition(row: RowMapping) -> Acquisition:
    told = {name: row[name] for name in Acquisition.__dataclass_fields__}
    return Acquisition(**{**told, "state": AcquisitionState(row["state"])})
