"""All SQL about sources."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import absent, visible
from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.paging import Page
from dashboard.data.acquisition.acquisition import SourceRow
from dashboard.database.engine import Database
from dashboard.database.list_order import within
from dashboard.database.tables import sources


class SourceStore:
    """Sources in the database.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, identity: Identity, project: str | None, values: Mapping[str, Any]) -> SourceRow:
        """Store a source.

        Parameters
        ----------
        identity : Identity
            Who owns it.
        project : str or None
            Whose members see it; None: nobody else.
        values : mapping
            ``name``, ``kind``, ``values``, ``credentials`` (encrypted), ``schedule``, ``next_run``.
        """
        row = {
            "id": new_identifier(),
            "owner": identity.user,
            "visibility": Visibility.PROJECT if project else Visibility.PRIVATE,
            "project": project,
            "created": clock.now(),
            "uploaded": False,
            **values,
        }
        async with self._database.write() as connection:
            await connection.execute(insert(sources).values(row))
        return await self.get(str(row["id"]))

    async def get(self, source: str) -> SourceRow:
        """Return a source.

        Raises
        ------
        NotFound
            If there is none of that id.
        """
        async with self._database.read() as connection:
            row = (await connection.execute(select(sources).where(sources.c.id == source))).mappings().first()
        if row is None:
            raise absent("source", source)
        return _source(row)

    async def credentials(self, source: str) -> str:
        """Return the encrypted credentials of a source; empty: none."""
        async with self._database.read() as connection:
            query = select(sources.c.credentials).where(sources.c.id == source)
            return str((await connection.execute(query)).scalar_one_or_none() or "")

    async def change(self, source: str, **values: Any) -> None:
        """Change columns of a source; old credentials are left nowhere in the files of the database."""
        open_transaction = self._database.erasing if "credentials" in values else self._database.write
        async with open_transaction() as connection:
            await connection.execute(update(sources).where(sources.c.id == source).values(values))

    async def delete(self, source: str) -> None:
        """Delete a source with its acquisitions and their records."""
        async with self._database.erasing() as connection:
            await connection.execute(delete(sources).where(sources.c.id == source))

    async def search(self, q: str, page: int, size: int, identity: Identity) -> Page[SourceRow]:
        """Return one page of sources, newest first.

        Parameters
        ----------
        q : str
            Text that the name contains, or the id; empty: all.
        page, size : int
            Number of the page from 1; sources on a page.
        identity : Identity
            Who asks; what it may not see is left out.
        """
        wanted = [visible(identity, sources.c)]
        if q:
            wanted.append(or_(within(sources.c.name, q), sources.c.id == q))
        query = select(sources).where(*wanted).order_by(sources.c.created.desc(), sources.c.id.desc())
        async with self._database.read() as connection:
            total = await connection.scalar(select(func.count()).select_from(sources).where(*wanted))
            rows = (await connection.execute(query.limit(size).offset((page - 1) * size))).mappings().all()
        return Page([_source(row) for row in rows], total or 0, page, size)

    async def due(self, now: str) -> list[SourceRow]:
        """Return the sources whose schedule asks for a run by now."""
        query = select(sources).where(sources.c.next_run.is_not(None), sources.c.next_run <= now)
        async with self._database.read() as connection:
            return [_source(row) for row in (await connection.execute(query)).mappings()]


def _source(row: RowMapping) -> SourceRow:
    told = {name: row[name] for name in SourceRow.__dataclass_fields__ if name in row}
    return SourceRow(**told, has_credentials=bool(row["credentials"]))
