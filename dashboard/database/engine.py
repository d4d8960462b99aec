"""Opens the database: SQLite with WAL, or PostgreSQL, with transactions by `read()` and `write()`."""

from __future__ import annotations

import asyncio
import contextlib
import glob
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from dashboard.base.errors import Conflict, Unavailable
from dashboard.database.fault import advice, fault_of
from dashboard.database.idle_connections import require_working

MIGRATIONS = Path(__file__).parent / "migrations"
BUSY_TIMEOUT_MS = 10_000  # another program (a backup, `sqlite3`) may hold the file for a moment
IDLE_TRANSACTION_MS = 30_000
SQLITE_CONNECTIONS, POSTGRESQL_CONNECTIONS = 15, 5  # kept open; ten more for a moment
DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Database:
    """The platform's database.

    Parameters
    ----------
    url : str
        ``sqlite:///path`` or ``postgresql://user:password@host/name``; the async driver is put in.
    """

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        driver = DRIVERS.get(parsed.get_backend_name())
        if driver is None:
            raise ValueError(
                f"database.url: {parsed.drivername} is not supported; use sqlite:/// or postgresql://"
            )
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        # A program that hangs inside a transaction must not keep others from what it has locked.
        idle = {"idle_in_transaction_session_timeout": str(IDLE_TRANSACTION_MS)}
        self.engine: AsyncEngine = create_async_engine(
            parsed.set(drivername=driver),
            hide_parameters=True,  # else an error that is logged holds the values of its statement
            connect_args={} if self.is_sqlite else {"server_settings": idle},
            # A connection of SQLite is a thread of ours: kept, it costs little; made anew, milliseconds.
            pool_size=SQLITE_CONNECTIONS if self.is_sqlite else POSTGRESQL_CONNECTIONS,
        )
        # SQLite lets one write at a time; waiting for each other here costs less than in its busy handler.
        self._writing = asyncio.Lock()
        if self.is_sqlite:
            event.listen(self.engine.sync_engine, "connect", _set_up_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_sqlite)
        else:
            require_working(self.engine.sync_engine)
        self._writer = self.engine.execution_options(huggins_writes=True)
        # There each query sees what is committed when it begins, in a transaction or not: what only reads
        # saves the two calls that begin and end one.
        plain = {} if self.is_sqlite else {"isolation_level": "AUTOCOMMIT"}
        self._reader = self.engine.execution_options(**plain)

    @property
    def name(self) -> str:
        """Its URL without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    async def migrate(self, revision: str = "head") -> None:
        """Bring the schema to a revision, by default the newest (creates it when there is none).

        On SQLite a table is altered by copying it and dropping the old one, which with foreign keys in force
        would delete what refers to it: they are off while that is done, and checked before it is committed.

        Raises
        ------
        Conflict
            If a newer version of this program made the schema.
        Unavailable
            If the database cannot be reached, opened or read: it is damaged, or no database.
        """
        try:
            await self._migrate(revision)
        except (DBAPIError, OSError) as error:
            raise self.unusable(error) from error

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database."""
        path = self.engine.url.database if self.is_sqlite else None
        return Path(path) if path and path != ":memory:" else None

    def unusable(self, error: Exception) -> Unavailable:
        """Return the error of a database that is damaged or away, with what to do."""
        reason = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        fault = fault_of(error)
        said = f"The database {self.name} cannot be used ({fault}): {reason}."
        return Unavailable(f"{said} {advice(fault, str(self.file or ''))}")

    async def _migrate(self, revision: str) -> None:
        if self.file is not None:
            close_to_others(self.file)
        if revision == "head" and await self._is_newest():
            return
        if not self.is_sqlite:
            async with self.write() as connection:
                await connection.run_sync(_upgrade, revision)
            return
        engine = create_async_engine(
            self.engine.url, hide_parameters=True, execution_options={"huggins_writes": True}
        )
        event.listen(engine.sync_engine, "connect", _set_up_sqlite_to_migrate)
        event.listen(engine.sync_engine, "begin", _begin_sqlite)
        try:
            async with self._writing, engine.begin() as connection:
                await connection.run_sync(_upgrade, revision)
                await connection.run_sync(_check_references)
        finally:
            await engine.dispose()

    async def _is_newest(self) -> bool:
        async with self.read() as connection:
            newest = await self.revision(connection) == _scripts().get_current_head()
            if newest and self.is_sqlite:  # it reads every table, and so meets damage, too
                await connection.run_sync(_check_references)
            return newest

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Open a connection that only reads; on SQLite all its queries see one state."""
        async with self._reader.begin() as connection:
            yield connection

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction whose queries all see one state, on PostgreSQL too, however long they take."""
        if self.is_sqlite:
            async with self.read() as connection:
                yield connection
            return
        async with self.engine.connect() as connection:
            await connection.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                yield connection

    @staticmethod
    async def revision(connection: AsyncConnection) -> str:
        """Return the revision of the schema."""
        heads = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_heads())
        return heads[0] if heads else ""

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes; committed at the end, rolled back on any exception."""
        if not self.is_sqlite:
            async with self.engine.begin() as connection:
                yield connection
            return
        async with self._writing, self._writer.begin() as connection:
            yield connection

    @asynccontextmanager
    async def erasing(self) -> AsyncIterator[AsyncConnection]:
        """Open a transaction that writes, after which no old value is left in the files of SQLite.

        SQLite else keeps what was overwritten in free parts of its pages, and in its log of changes.
        """
        async with self.write() as connection:
            if self.is_sqlite:
                await connection.exec_driver_sql("PRAGMA secure_delete = ON")
            yield connection
        if self.is_sqlite:
            async with self._writing, self.engine.connect() as connection:
                raw = (await connection.get_raw_connection()).driver_connection
                assert raw is not None  # noqa: S101 - it is open
                await (await raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")).close()

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def _set_up_sqlite(connection: Any, _record: object) -> None:
    # The driver must not begin transactions on its own: `_begin_sqlite` does.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA journal_mode = WAL")
    # With WAL a power cut may lose the newest commits but never damages the file; FULL loses none:
    # intents must last.
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _set_up_sqlite_to_migrate(connection: Any, record: object) -> None:
    _set_up_sqlite(connection, record)
    connection.execute("PRAGMA foreign_keys = OFF").close()


def _check_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchmany(3)
    if broken:
        raise RuntimeError(f"there are rows that refer to nothing: {broken}")


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that reads first and writes later fails at once when another wrote in between; so
    # writers say so first.
    writes = connection.get_execution_options().get("huggins_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


@cache  # reading them takes longer than all else that a start does with a database of the newest schema
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def known_revisions() -> list[str]:
    """Return the revisions of the schema that this program knows, the newest first."""
    return [script.revision for script in _scripts().walk_revisions()]


def _upgrade(connection: Connection, revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    _require_known(connection)
    command.upgrade(config, revision)


def _require_known(connection: Connection) -> None:
    """Return if the schema is not newer than this program; else a `Conflict` that names both versions."""
    known = known_revisions()
    for found in MigrationContext.configure(connection).get_current_heads():
        if found not in known:
            newest = known[0]
            raise Conflict(
                f"The home was made by a newer version of Huggins: its database has schema {found}, and this "
                f"version knows schemas up to {newest}. Start the newer version, or set HUGGINS_HOME to "
                "another folder."
            )


def close_to_others(path: Path) -> None:
    """Let nobody else read an SQLite database, which holds secrets of webhooks; make it where it is missing.

    SQLite gives its other files the permissions of the database.

    Parameters
    ----------
    path : Path
        The database.
    """
    for found in (path, *path.parent.glob(f"{glob.escape(path.name)}-*")):
        with contextlib.suppress(FileNotFoundError):
            found.chmod(0o600)
    os.close(os.open(path, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC, 0o600))
