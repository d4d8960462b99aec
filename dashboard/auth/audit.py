"""The audit log: who did what to which object, from where and when. Rows are only added, and expire."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import audit
from wire.prometheus import Metrics

log = logging.getLogger(__name__)

WRITE_EVERY_S = 0.5
MOST_WAITING = 10_000  # rows while the database is away; the oldest are then lost, which is logged
SWEEP_EVERY_S = 3600.0
DAY_S = 86_400
LONGEST = 200  # characters of what comes from a request
EXPORTED_AT_ONCE = 1000


class Deed(StrEnum):
    """What somebody did."""

    SIGNED_IN = "signed in"
    SIGN_IN_FAILED = "sign-in failed"
    SIGNED_OUT = "signed out"
    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"
    DOWNLOADED = "downloaded"
    DENIED = "denied"


@dataclass(frozen=True)
class AuditEntry:
    """One row of the audit log.

    Attributes
    ----------
    user : str
        User id; empty: nobody was signed in.
    via : str
        Id of the session or token that the request came with, as its list names it.
    address : str
        Network address of the caller.
    deed : Deed
        What was done.
    kind, object : str
        What it was done to: ``job`` and its id; `object` is empty where it is about the kind as a whole.
    operation : str
        Name of the operation in the API's document.
    detail : str
        Such as the name that was typed at a sign-in.
    time : str
        ISO 8601, UTC.
    """

    user: str
    via: str
    address: str
    deed: Deed
    kind: str
    object: str = ""
    operation: str = ""
    detail: str = ""
    time: str = field(default_factory=clock.now)

    def to_json(self) -> dict[str, str]:
        """Return its fields."""
        return asdict(self)


@dataclass(frozen=True)
class AuditFilter:
    """Which rows to list; an empty field is none.

    Attributes
    ----------
    user, deed, kind, object : str
        Equal to the columns.
    since, until : str
        ISO 8601, UTC; `until` is not included.
    before : int
        Rows older than the one of this id; 0: from the newest.
    """

    user: str = ""
    deed: str = ""
    kind: str = ""
    object: str = ""
    since: str = ""
    until: str = ""
    before: int = 0


class AuditLog:
    """Writes and reads the audit log; a service that writes in the background.

    Parameters
    ----------
    database : Database
        Open and migrated.
    days : int
        For how long rows are kept; 0: for ever.
    """

    def __init__(self, database: Database, days: int) -> None:
        self._database = database
        self._days = days
        self._waiting: deque[AuditEntry] = deque()
        self._lost = 0
        self._flushing = asyncio.Lock()
        self.metrics = Metrics()
        self._count = self.metrics.counter(
            "huggins_deeds_total", "Entries of the audit log by deed: sign-ins, failed ones, denied accesses."
        )
        for deed in Deed:
            self._count(0, deed=str(deed))
        self._writing: asyncio.Task[None] | None = None
        self._flushing = asyncio.Lock()
        self.metrics = Metrics()
        self._count = self.metrics.counter(
            "huggins_deeds_total", "Entries of the audit log by deed: sign-ins, failed ones, denied accesses."
        )
        for deed in Deed:
            self._count(0, deed=str(deed))

    async def start(self) -> None:
        """Start to write."""
        self._writing = asyncio.create_task(self._write_always(), name="audit log")

    async def stop(self) -> None:
        """Write what waits, and stop."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
            self._writing = None
        await self.flush()

    def record(self, entry: AuditEntry) -> None:
        """Add an entry; it is written within `WRITE_EVERY_S`."""
        self._count(deed=str(entry.deed))
        if len(self._waiting) >= MOST_WAITING:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(entry)

    async def flush(self) -> None:
        """Write what waits; where the database is away, it waits on."""
        async with self._flushing:  # two at once would write the same entries
            await self._flush()

    async def _flush(self) -> None:
        if not self._waiting:
            return
        taken = list(self._waiting)
        rows = [{name: text[:LONGEST] for name, text in entry.to_json().items()} for entry in taken]
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(audit), rows)
        except (SQLAlchemyError, OSError) as error:
            log.warning("the audit log cannot be written, %d entries wait: %s", len(taken), error)
            return
        written = set(map(id, taken))
        while self._waiting and id(self._waiting[0]) in written:  # the oldest may have been dropped meanwhile
            self._waiting.popleft()
        if self._lost:
            log.error("%d entries of the audit log were lost while the database was away", self._lost)
            self._lost = 0

    async def list(
        self, identity: Identity, wanted: AuditFilter, size: int = 100
    ) -> Sequence[dict[str, Any]]:
        """Return rows, the newest first, with their ids.

        Parameters
        ----------
        identity : Identity
            An administrator.
        wanted : AuditFilter
            Which rows.
        size : int
            The most rows.

        Raises
        ------
        Denied
            If the identity is no administrator.
        """
        authorize(identity, Action.CHANGE, Resource("person"))
        await self.flush()
        query = select(audit).order_by(audit.c.id.desc()).limit(size)
        for name in ("user", "deed", "kind", "object"):
            if value := getattr(wanted, name):
                query = query.where(audit.c[name] == value)
        if wanted.since:
            query = query.where(audit.c.time >= wanted.since)
        if wanted.until:
            query = query.where(audit.c.time < wanted.until)
        if wanted.before:
            query = query.where(audit.c.id < wanted.before)
        async with self._database.read() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def export(
        self, identity: Identity, wanted: AuditFilter
    ) -> AsyncIterator[Sequence[dict[str, Any]]]:
        """Yield all rows in blocks, the newest first; parameters and errors as `list`."""
        while block := await self.list(identity, wanted, EXPORTED_AT_ONCE):
            yield block
            wanted = AuditFilter(**{**asdict(wanted), "before": block[-1]["id"]})

    async def sign_ins(self, user: str, size: int = 10) -> Sequence[dict[str, Any]]:
        """Return the last sign-ins of a user and those that failed, the newest first.

        Parameters
        ----------
        user : str
            The user id; who asks is this user or an administrator.
        size : int
            The most rows.
        """
        await self.flush()
        done = (audit.c.user == user, audit.c.deed == Deed.SIGNED_IN)
        failed = (audit.c.kind == "session", audit.c.object == user, audit.c.deed == Deed.SIGN_IN_FAILED)
        rows: list[dict[str, Any]] = []
        async with self._database.read() as connection:
            for conditions in (done, failed):
                query = select(audit).where(*conditions).order_by(audit.c.id.desc()).limit(size)
                rows += [dict(row) for row in (await connection.execute(query)).mappings()]
        shown = ("time", "deed", "address", "detail")
        return [
            {name: row[name] for name in shown}
            for row in sorted(rows, key=lambda row: int(row["id"]), reverse=True)[:size]
        ]

    async def sweep(self) -> int:
        """Delete the rows that are too old, and return how many there were."""
        if not self._days:
            return 0
        old = audit.c.time < clock.after(-self._days * DAY_S)
        async with self._database.write() as connection:
            return int((await connection.execute(delete(audit).where(old))).rowcount)

    async def _write_always(self) -> None:
        waited = SWEEP_EVERY_S
        while True:
            await self.flush()
            if waited >= SWEEP_EVERY_S:
                with contextlib.suppress(SQLAlchemyError, OSError):
                    await self.sweep()
                waited = 0.0
            await asyncio.sleep(WRITE_EVERY_S)
            waited += WRITE_EVERY_S
