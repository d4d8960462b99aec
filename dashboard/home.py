"""The platform's folder: who works in it, and which database it belongs to."""

from __future__ import annotations

import fcntl
import os
import secrets
from pathlib import Path

from sqlalchemy import insert, select

from dashboard.base.errors import Conflict
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts

ID = "platform.id"


class Home:
    """``<home>``.

    Parameters
    ----------
    folder : Path
        Made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def make(self) -> None:
        """Make the folder, for its owner alone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self) -> None:
        """Be the only whole platform that works in it, until `leave`; `Conflict` when there is another."""
        self.make()
        lock = os.open(self.folder / "platform.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise Conflict(
                f"Another platform runs on {self.folder}; stop it, or set HUGGINS_HOME to another folder."
            ) from None
        self._lock = lock

    def leave(self) -> None:
        """Let another take it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def there(self) -> bool:
        """Whether the folder can be seen: a mounted one may be gone, with an empty one in its place."""
        return (self.folder / ID).is_file()

    async def owner(self, database: Database) -> str:
        """Return the label of this platform's containers, made once per database and written into the folder.

        Folder and database belong together: a job's folder that has no row was deleted, and is swept; a row
        that has no folder would be a job that failed. So neither is ever taken with another one. The label is
        written beside its place before it is committed, and put there afterwards: whenever this is cut off,
        the next start goes on.

        Raises
        ------
        Conflict
            If the folder belongs to another database, or the database to another folder.
        """
        path, new = self.folder / ID, self.folder / f"{ID}.new"
        here = _text(path)
        query = select(platform_facts.c.value).where(platform_facts.c.name == "owner")
        async with database.write() as connection:
            known: str | None = (await connection.execute(query)).scalar_one_or_none()
            if here and here != known:
                raise Conflict(
                    f"{self.folder} belongs to another database than {database.name}: "
                    "set database.url as it was, or HUGGINS_HOME to another folder."
                )
            if known is None:
                known = f"huggins-{secrets.token_hex(4)}"
                await connection.execute(insert(platform_facts).values(name="owner", value=known))
                new.write_text(f"{known}\n", "utf-8")
            elif here is None and _text(new) != known:
                raise Conflict(
                    f"The database {database.name} belongs to another folder than {self.folder}: "
                    "set HUGGINS_HOME to it (all who share a database share that folder), or database.url to "
                    "another database."
                )
        if not here:
            if here == "":  # an older platform was killed while it wrote it
                new.write_text(f"{known}\n", "utf-8")
            new.replace(path)
        return known


def _text(path: Path) -> str | None:
    """Return what is written there, None where there is no such file."""
    return path.read_text("utf-8").strip() if path.is_file() else None
