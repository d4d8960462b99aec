"""Versions, database, disk: what an administrator looks at before and after an upgrade."""

from __future__ import annotations

import asyncio
import platform as machine
import shutil
import sqlite3
from importlib import metadata
from pathlib import Path
from typing import Any

from sqlalchemy import text

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.database.engine import Database, known_revisions


class PlatformState:
    """Reads the state of the platform.

    Parameters
    ----------
    database : Database
        Open and migrated.
    home : Path
        The home folder.
    """

    def __init__(self, database: Database, home: Path) -> None:
        self._database = database
        self._home = home

    async def read(self, identity: Identity) -> dict[str, Any]:
        """Return ``{"version", "python", "database": {...}, "disk": {...}}``.

        Parameters
        ----------
        identity : Identity
            An administrator.

        Raises
        ------
        Denied
            If the identity is none.
        """
        authorize(identity, Action.CHANGE, Resource("administration"))
        newest = (await asyncio.to_thread(known_revisions))[0]
        async with self._database.read() as connection:
            revision = await Database.revision(connection)
            if self._database.is_sqlite:
                version = sqlite3.sqlite_version
                size = (
                    await connection.execute(
                        text("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
                    )
                ).scalar_one()
            else:
                version = str((await connection.execute(text("SHOW server_version"))).scalar_one())
                size = (
                    await connection.execute(text("SELECT pg_database_size(current_database())"))
                ).scalar_one()
        disk = await asyncio.to_thread(shutil.disk_usage, self._home)
        return {
            "version": metadata.version("huggins"),
            "python": machine.python_version(),
            "database": {
                "kind": "SQLite" if self._database.is_sqlite else "PostgreSQL",
                "version": version,
                "size": int(size),
                "revision": revision,
                "newest": newest,
                "current": revision == newest,
            },
            "disk": {"home": str(self._home), "total": disk.total, "used": disk.used, "free": disk.free},
        }
