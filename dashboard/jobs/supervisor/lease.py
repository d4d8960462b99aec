"""Who supervises: of several supervisors on one database one acts, the others stand by.

The lease is a row with a holder, a term and the moment at which it ends. Its holder renews it; where it ends,
another takes it, with the next term. What holds it back from acting too late, in this order:

- its own clock: from the moment at which it last asked for the lease it knows how long it may act, so one
  that was stopped, or is cut off from the database, knows by itself that its time is over (`Lease.check`);
- the database: every change that a supervisor makes asks for the lease in its own transaction
  (`Lease.guard`), which on PostgreSQL also keeps others from taking it before that transaction has ended;
- the runner's claim (contracts.md, section 6): an attempt that was started a second time ends at once.

A supervisor that was killed is not waited for: while it lives it holds a lock on a file, which the kernel
lets go.
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
RENEWED_AFTER = 1 / 3  # of its time


class LeaseLost(Exception):
    """Another supervisor holds the lease: the caller must not act."""


class DatabaseSeconds(FunctionElement[float]):
    """The database's clock, in seconds since 1970: one clock for all who share it."""

    inherit_cache = True
    type = Double()


@compiles(DatabaseSeconds, "sqlite")
def _sqlite_seconds(_element: object, _compiler: object, **_how: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(DatabaseSeconds, "postgresql")
def _postgresql_seconds(_element: object, _compiler: object, **_how: object) -> str:
    return "cast(extract(epoch from clock_timestamp()) as double precision)"


def now() -> float:
    """Return seconds of a clock that never goes back, and goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class Lease:
    """One supervisor's share in the lease.

    Parameters
    ----------
    database : Database
        Shared.
    folder : Path
        Shared, ``<home>/supervisors``: one locked file for each supervisor that lives.
    seconds : float
        For how long it is given.
    """

    def __init__(self, database: Database, folder: Path, seconds: float) -> None:
        self._database = database
        self._folder = folder
        self.seconds = seconds
        self.name = new_identifier()
        self._holder = f"{boot()}/{self.name}"
        self._alive: int | None = None
        self._term: int | None = None
        self._until = 0.0

    @property
    def held(self) -> bool:
        """Whether this supervisor may act."""
        return self._term is not None and now() < self._until

    def check(self) -> None:
        """Raise `LeaseLost` unless this supervisor may act. To be asked right before each act."""
        if not self.held:
            raise LeaseLost

    async def guard(self, connection: AsyncConnection) -> None:
        """Raise `LeaseLost` unless the lease is still ours, inside the transaction that depends on it."""
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
        """Have the lease: renew it when some of its time has gone, take it when it is free."""
        if self._term is not None and now() < self._until - self.seconds * (1 - RENEWED_AFTER):
            return True
        return await self._renew() or await self._take()

    async def _renew(self) -> bool:
        if self._term is None:
            return False
        asked = now()
        ours = (leases.c.name == JOBS, leases.c.term == self._term, leases.c.holder == self._holder)
        async with self._database.write() as connection:
            done = await connection.execute(update(leases).where(*ours).values(expires=self._end()))
        if not done.rowcount:
            self._term = None
            return False
        self._until = asked + self.seconds
        return True

    async def _take(self) -> bool:
        asked = now()
        self._live()
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
        except IntegrityError:  # another was first
            return False
        self._term, self._until = term, asked + self.seconds
        return True

    async def give_back(self) -> None:
        """Let another have it at once."""
        if self._term is not None:
            ours = (leases.c.name == JOBS, leases.c.term == self._term, leases.c.holder == self._holder)
            self._term = None
            async with self._database.write() as connection:
                await connection.execute(update(leases).where(*ours).values(holder="", expires=0.0))
        if self._alive is not None:
            (self._folder / self.name).unlink(missing_ok=True)
            os.close(self._alive)
            self._alive = None

    def _end(self) -> Any:
        return DatabaseSeconds() + self.seconds

    def _live(self) -> None:
        """Hold the lock that says that we live."""
        if self._alive is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / self.name
            path.write_text(f"{os.getpid()}\n", "ascii")  # the holder, for administrators
            self._alive = take(path)

    def _dead(self, holder: str) -> bool:
        """Whether a holder of this machine was killed: nobody holds its lock."""
        there, _, name = holder.rpartition("/")
        path = self._folder / Path(name).name
        if not there or there != boot() or holder == self._holder or not path.is_file():
            return False
        lock = take(path)
        if lock is None:
            return False
        path.unlink(missing_ok=True)
        os.close(lock)
        return True
