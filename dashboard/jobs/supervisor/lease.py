"""The lease: of several supervisors on one database the holder acts, the others are on standby.

The lease is a row with a holder, a term and a time of expiry. The holder renews it; when it has expired
another supervisor takes it, with the next term. Three checks keep a former holder from acting too late:

- its clock: it knows when it last renewed the lease, so a supervisor that was suspended, or is cut off from
  the database, knows that its lease has expired (`Lease.check`);
- the database: each transaction of a supervisor verifies the lease (`Lease.guard`); on PostgreSQL this also
  keeps others from taking the lease before the transaction has ended;
- the runner's claim (contracts.md, section 6): an attempt that was started a second time ends at once.

The lease of a killed supervisor on the same machine is taken at once: a supervisor holds a lock on a file,
which the kernel releases when the process ends.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Double, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import leases
from jobfolder.machine import boot
from launchers.local.lock import take

JOBS = "jobs"
RENEWED_AFTER = 1 / 3  # of its duration


class LeaseLost(Exception):
    """Another supervisor holds the lease: the caller must not act."""


class DatabaseSeconds(FunctionElement[float]):
    """The clock of the database, in seconds since 1970: one clock for all supervisors."""

    inherit_cache = True
    type = Double()


@compiles(DatabaseSeconds, "sqlite")
def _sqlite_seconds(_element: object, _compiler: object, **_how: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseSeconds, "postgresql")
def _postgresql_seconds(_element: object, _compiler: object, **_how: object) -> str:
    return "cast(extract(epoch from clock_timestamp()) as double precision)"


def now() -> float:
    """Return seconds of a monotonic clock that includes the time in which the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """The lease from the side of one supervisor.

    Parameters
    ----------
    database : Database
        Shared.
    folder : Path
        ``<home>/supervisors``, shared: one locked file for each running supervisor.
    seconds : float
        Duration of the lease.
    """

    def __init__(self, database: Database, folder: Path, seconds: float) -> None:
        self._database = database
        self._folder = folder
        self.seconds = seconds
        self.name = new_identifier()
        self._holder = f"{boot()}/{self.name}"
        self._alive: int | None = None
        self._term: int | None = None
        self._expires = 0.0

    @property
    def held(self) -> bool:
        """Whether this supervisor holds the lease, by its clock."""
        return self._term is not None and now() < self._expires

    def check(self) -> None:
        """Check the lease by the clock; call it right before each action on a node.

        Raises
        ------
        LeaseLost
            If this supervisor does not hold the lease.
        """
        if not self.held:
            raise LeaseLost

    async def guard(self, connection: AsyncConnection) -> None:
        """Check the lease in the database, inside the transaction that depends on it.

        Raises
        ------
        LeaseLost
            If this supervisor does not hold the lease.
        """
        self.check()
        query = select(leases.c.term).where(
            leases.c.name == JOBS,
            leases.c.term == self._term,
            leases.c.holder == self._holder,
            leases.c.expires > DatabaseSeconds(),
        )
        if (await connection.execute(query.with_for_update(read=True))).one_or_none() is None:
            self._term = None
            raise LeaseLost

    async def hold(self) -> bool:
        """Renew the lease when it is due, or take it when it is free; return whether it is held."""
        if self._term is not None and now() < self._expires - self.seconds * (1 - RENEWED_AFTER):
            return True
        return await self._renew() or await self._take()

    async def _renew(self) -> bool:
        if self._term is None:
            return False
        begun = now()
        own = (leases.c.name == JOBS, leases.c.term == self._term, leases.c.holder == self._holder)
        async with self._database.write() as connection:
            done = await connection.execute(update(leases).where(*own).values(expires=self._end()))
        if not done.rowcount:
            self._term = None
            return False
        self._expires = begun + self.seconds
        return True

    async def _take(self) -> bool:
        begun = now()
        self._lock()
        free = leases.c.expires <= DatabaseSeconds()
        query = select(leases.c.term, leases.c.holder, free.label("free")).where(leases.c.name == JOBS)
        try:
            async with self._database.write() as connection:
                row = (await connection.execute(query.with_for_update())).one_or_none()
                term = row.term + 1 if row else 1
                values: dict[str, Any] = {"term": term, "holder": self._holder, "expires": self._end()}
                if row is None:
                    await connection.execute(insert(leases).values(name=JOBS, **values))
                elif row.free or not row.holder or self._dead(row.holder):
                    await connection.execute(update(leases).where(leases.c.name == JOBS).values(values))
                else:
                    return False
        except IntegrityError:  # another supervisor took it first
            return False
        self._term, self._expires = term, begun + self.seconds
        return True

    async def release(self) -> None:
        """Release the lease: another supervisor may take it at once."""
        if self._term is not None:
            own = (leases.c.name == JOBS, leases.c.term == self._term, leases.c.holder == self._holder)
            self._term = None
            async with self._database.write() as connection:
                await connection.execute(update(leases).where(*own).values(holder="", expires=0.0))
        if self._alive is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            os.close(self._alive)
            self._alive = None

    def _end(self) -> Any:
        return DatabaseSeconds() + self.seconds

    def _lock(self) -> None:
        """Lock the file that shows that this supervisor is running."""
        if self._alive is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / self.name
            path.write_text(f"{os.getpid()}\n", "ascii")  # the holder, for administrators
            self._alive = take(path)

    def _dead(self, holder: str) -> bool:
        """Return whether a holder on this machine was killed: its lock is free."""
        machine, _, name = holder.rpartition("/")
        path = self._folder / Path(name).name
        if not machine or machine != boot() or holder == self._holder or not path.is_file():
            return False
        lock = take(path)
        if lock is None:
            return False
        path.unlink(missing_ok=True)
        os.close(lock)
        return True
