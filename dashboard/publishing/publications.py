"""All SQL about publications: the attempts to publish a version."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import insert, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import absent
from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import publications

WAITING, RUNNING, PUBLISHED, REVIEW, REJECTED = "waiting", "running", "published", "review", "rejected"
ENDED = frozenset({PUBLISHED, REVIEW, REJECTED})
LISTED = 100


@dataclass(frozen=True)
class Publication:
    """A row of `publications`; its columns are described there."""

    id: str
    owner: str
    source: str
    state: str
    step: str
    reason: str
    module: str
    version: str
    report: Mapping[str, Any] | None
    created: str
    ended: str | None

    def to_json(self) -> dict[str, Any]:
        """Return everything."""
        return asdict(self)


class PublicationStore:
    """Publications in the database.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, owner: str, source: str) -> Publication:
        """Record that somebody publishes from a source."""
        row = Publication(new_identifier(), owner, source, WAITING, "", "", "", "", None, clock.now(), None)
        async with self._database.write() as connection:
            await connection.execute(insert(publications).values(row.to_json()))
        return row

    async def change(self, identifier: str, **values: Any) -> None:
        """Change columns of a row."""
        async with self._database.write() as connection:
            query = update(publications).where(publications.c.id == identifier)
            await connection.execute(query.values(**values))

    async def end_interrupted(self) -> None:
        """End what an earlier run of the platform left half-way: it can be published again."""
        values = {
            "state": REJECTED,
            "reason": "The platform was stopped meanwhile: publish again.",
            "ended": clock.now(),
        }
        async with self._database.write() as connection:
            query = update(publications).where(publications.c.state.in_((WAITING, RUNNING)))
            await connection.execute(query.values(values))

    async def get(self, identifier: str, identity: Identity) -> Publication:
        """Return a publication, to who started it and to administrators.

        Raises
        ------
        NotFound
            If there is none that the identity may see.
        """
        query = select(publications).where(publications.c.id == identifier)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None or (row["owner"] != identity.user and not identity.admin):
            raise absent("publication", identifier)
        return Publication(**row)

    async def list(self, identity: Identity) -> list[Publication]:
        """Return the newest publications of an identity; an administrator sees all."""
        query = select(publications).order_by(publications.c.created.desc()).limit(LISTED)
        if not identity.admin:
            query = query.where(publications.c.owner == identity.user)
        async with self._database.read() as connection:
            return [Publication(**row) for row in (await connection.execute(query)).mappings()]
