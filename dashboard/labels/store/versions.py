"""All SQL about versions of label sets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select

from dashboard.auth.identity import Identity
from dashboard.auth.policy import absent, visible
from dashboard.base.errors import NotFound
from dashboard.database.engine import Database
from dashboard.database.tables import label_sets, label_versions
from dashboard.labels.version import LabelVersion

_table = label_versions


class LabelVersionStore:
    """Versions; they are never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def insert(self, row: dict[str, Any]) -> None:
        """Store a version; `sqlalchemy.exc.IntegrityError` where its number is taken."""
        async with self._database.write() as connection:
            await connection.execute(insert(_table).values(row))

    async def of_set(self, label_set: str) -> list[LabelVersion]:
        """Return the versions of a set, the newest first."""
        query = select(_table).where(_table.c.label_set == label_set).order_by(_table.c.number.desc())
        async with self._database.read() as connection:
            return [LabelVersion(**row) for row in (await connection.execute(query)).mappings()]

    async def of_sets(self, label_sets: Sequence[str]) -> list[LabelVersion]:
        """Return the versions of some sets, the newest first."""
        query = select(_table).where(_table.c.label_set.in_(list(label_sets)))
        async with self._database.read() as connection:
            found = await connection.execute(query.order_by(_table.c.created.desc()))
            return [LabelVersion(**row) for row in found.mappings()]

    async def get(self, label_set: str, number: int) -> LabelVersion:
        """Return one by its number.

        Parameters
        ----------
        label_set : str
            Of which set.
        number : int
            1, 2, …

        Raises
        ------
        NotFound
            If there is none.
        """
        query = select(_table).where(_table.c.label_set == label_set, _table.c.number == number)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise NotFound(f"The label set {label_set} has no version {number}.")
        return LabelVersion(**row)

    async def by_id(self, version: str, identity: Identity) -> LabelVersion:
        """Return one by its id.

        Parameters
        ----------
        version : str
            Its id.
        identity : Identity
            Who asks: a version of a set that they may not see is as one that is not there.

        Raises
        ------
        NotFound
            If there is none.
        """
        async with self._database.read() as connection:
            seen = select(label_sets.c.id).where(visible(identity, label_sets.c))
            query = select(_table).where(_table.c.id == version, _table.c.label_set.in_(seen))
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise absent("label version", version)
        return LabelVersion(**row)
