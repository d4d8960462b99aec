"""All SQL about learning sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from dashboard.auth.identity import Identity
from dashboard.auth.policy import absent, visible
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.list_order import Keys, in_any_case, ordering_by, within
from dashboard.database.tables import learning_entries, learning_rounds, learning_sessions
from dashboard.learning.session import Entry, EntryKind, Round, Session, SessionState

_sessions, _rounds, _entries = learning_sessions, learning_rounds, learning_entries
SORTS: Keys = {
    "created": _sessions.c.created,
    "name": in_any_case(_sessions.c.name),
    "dataset": in_any_case(_sessions.c.dataset_name),
}
AT_ONCE = 500  # rows of one INSERT


class SessionStore:
    """Sessions, rounds and entries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Sessions

    async def insert(self, row: Mapping[str, Any]) -> None:
        """Store a new session."""
        async with self._database.write() as connection:
            await connection.execute(insert(_sessions).values(dict(row)))

    async def get(self, session: str) -> Session:
        """Return one.

        Raises
        ------
        NotFound
            If there is none.
        """
        async with self._database.read() as connection:
            query = select(_sessions).where(_sessions.c.id == session)
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            raise absent("learning_session", session)
        return _session(row)

    async def search(
        self, q: str = "", *, sort: str = "-created", page: int = 1, size: int = 50, identity: Identity
    ) -> Page[Session]:
        """Return one page of the sessions that an identity may see.

        Parameters
        ----------
        q : str
            Part of the name, of the pool's name or the id.
        sort : str
            A key of `SORTS`, with a minus for descending order.
        page, size : int
            Page from 1, and sessions on a page.
        identity : Identity
            Who asks.
        """
        conditions = [visible(identity, _sessions.c)]
        if q:
            named = (within(_sessions.c.name, q), within(_sessions.c.dataset_name, q), _sessions.c.id == q)
            conditions.append(or_(*named))
        query = select(_sessions).where(*conditions).order_by(*ordering_by(SORTS, sort), _sessions.c.id)
        count = select(func.count()).select_from(_sessions).where(*conditions)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            rows = await connection.execute(query.limit(size).offset((page - 1) * size))
            return Page([_session(row) for row in rows.mappings()], total, page, size)

    async def update(self, session: str, **values: Any) -> None:
        """Change columns of a session."""
        async with self._database.write() as connection:
            await connection.execute(update(_sessions).where(_sessions.c.id == session).values(values))

    async def delete(self, session: str) -> None:
        """Delete a session with its rounds and entries; labels, jobs and models stay."""
        async with self._database.write() as connection:
            await connection.execute(delete(_entries).where(_entries.c.session == session))
            await connection.execute(delete(_sessions).where(_sessions.c.id == session))

    async def using_labels(self, label_set: str) -> list[str]:
        """Return the open sessions whose labels are in a label set."""
        query = select(_sessions.c.id).where(
            _sessions.c.label_set == label_set, _sessions.c.state == SessionState.OPEN
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    # Rounds

    async def rounds(self, session: str) -> list[Round]:
        """Return the rounds of a session, the first one first."""
        query = select(_rounds).where(_rounds.c.session == session).order_by(_rounds.c.number)
        async with self._database.read() as connection:
            return [Round(**row) for row in (await connection.execute(query)).mappings()]

    async def add_round(self, row: Mapping[str, Any]) -> None:
        """Store a round.

        Raises
        ------
        Conflict
            If another one has its number.
        """
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(_rounds).values(dict(row)))
        except IntegrityError as error:
            raise Conflict(f"Round {row['number']} was begun at the same moment by somebody else.") from error

    async def change_round(self, round_: Round, values: Mapping[str, Any]) -> bool:
        """Change columns of a round as long as its job is the one that the caller knows.

        Parameters
        ----------
        round_ : Round
            As the caller knows it; a round that was restarted has another job.
        values : mapping
            Columns.

        Returns
        -------
        bool
            False, and nothing is changed, where it was restarted or deleted.
        """
        mine = (
            _rounds.c.session == round_.session,
            _rounds.c.number == round_.number,
            _rounds.c.job == round_.job,
        )
        changed = update(_rounds).where(*mine).values(dict(values))
        async with self._database.write() as connection:
            return bool((await connection.execute(changed)).rowcount)

    async def unfinished(self) -> list[Round]:
        """Return the rounds of all sessions that the coordinator has something to do for."""
        query = (
            select(_rounds)
            .where(_rounds.c.queued.is_(None), _rounds.c.failure == "")
            .order_by(_rounds.c.session, _rounds.c.number)
        )
        async with self._database.read() as connection:
            return [Round(**row) for row in (await connection.execute(query)).mappings()]

    async def open_sessions(self) -> list[str]:
        """Return the sessions that are open."""
        query = select(_sessions.c.id).where(_sessions.c.state == SessionState.OPEN).order_by(_sessions.c.id)
        async with self._database.read() as connection:
            return list((await connection.execute(query)).scalars())

    async def record(
        self, round_: Round, result: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
    ) -> bool:
        """Store what a round selected, all of it or nothing.

        Parameters
        ----------
        round_ : Round
            Whose job has completed.
        result : mapping
            Of ``selection.json``, without entries.
        rows : sequence of mapping
            Columns of the entries.

        Returns
        -------
        bool
            False, and nothing is changed, where it was recorded before or the round was restarted.
        """
        mine = (
            _rounds.c.session == round_.session,
            _rounds.c.number == round_.number,
            _rounds.c.job == round_.job,
            _rounds.c.recorded.is_(None),
        )
        async with self._database.write() as connection:
            done = await connection.execute(
                update(_rounds).where(*mine).values(recorded=clock.now(), result=dict(result))
            )
            if not done.rowcount:
                return False
            await connection.execute(
                delete(_entries).where(
                    _entries.c.session == round_.session, _entries.c.round == round_.number
                )
            )
            for start in range(0, len(rows), AT_ONCE):
                await connection.execute(
                    insert(_entries), [dict(row) for row in rows[start : start + AT_ONCE]]
                )
        return True

    # Entries

    async def entries(self, session: str, number: int | None = None) -> list[Entry]:
        """Return the entries of a session, or of one round of it, in order."""
        query = select(_entries).where(_entries.c.session == session)
        if number is not None:
            query = query.where(_entries.c.round == number)
        query = query.order_by(_entries.c.round, _entries.c.position)
        async with self._database.read() as connection:
            return [_entry(row) for row in (await connection.execute(query)).mappings()]


def _session(row: RowMapping) -> Session:
    return Session(**{**row, "state": SessionState(row["state"])})


def _entry(row: RowMapping) -> Entry:
    return Entry(**{**row, "kind": EntryKind(row["kind"])})
