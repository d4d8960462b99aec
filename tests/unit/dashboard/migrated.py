"""An empty database of the newest schema: migrating is done once per process, and not once per test."""

from __future__ import annotations

import asyncio
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from dashboard.database.engine import Database


@cache
def migrated_database() -> bytes:
    """Return the file of a migrated SQLite database."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(1) as pool:
        file = Path(folder) / "huggins.sqlite"
        # In a thread, for an event loop may be running in this one.
        pool.submit(lambda: asyncio.run(_migrate(file))).result()
        return file.read_bytes()


async def _migrate(file: Path) -> None:
    database = Database(f"sqlite:///{file}")
    await database.migrate()
    async with database.engine.connect() as connection:
        await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    await database.engine.dispose()
