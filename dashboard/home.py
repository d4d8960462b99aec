"""The home folder of a platform: its lock, and the database it belongs to."""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
from pathlib import Path

from sqlalchemy import insert, select
from sqlalchemy.exc import DBAPIError

from dashboard.base.errors import Conflict, Unavailable
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts

ID = "platform.id"


class Home:
    """The home folder of a platform.

    Parameters
    ----------
    folder : Path
        Created if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock: int | None = None

    def make(self) -> None:
        """Create the folder, or close one that exists to all but its owner.

        Raises
        ------
        Conflict
            If it belongs to another user, who could read and change all that is in it.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.folder.stat()
        if found.st_uid != os.getuid():
            raise Conflict(
                f"{self.folder} belongs to another user (uid {found.st_uid}): "
                "set HUGGINS_HOME to a folder of your own."
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            self.folder.chmod(0o700)

    def take(self) -> None:
        """Create the folder and lock it until `leave`.

        Raises
        ------
        Conflict
            If another platform has locked it.
        """
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
        """Release the lock."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def there(self) -> bool:
        """Return whether the folder has its label; False if it is on a file system that is not mounted."""
        return (self.folder / ID).is_file()

    async def require(self, database: Database) -> None:
        """Return if this folder and this database are a platform's; nothing is created.

        A platform was started on them before, or a backup was restored into them.

        Raises
        ------
        Conflict
            If the folder is no platform's home, or belongs to another database.
        Unavailable
            If the database is missing, damaged or away; with what to do.
        """
        here = _text(self.folder / ID)
        file = database.file
        if here is None and (file is None or not file.is_file()):
            raise Conflict(
                f"{self.folder} is no platform's home: set HUGGINS_HOME, or start what was restored into it "
                "once with `huggins up`."
            )
        if file is not None and not file.is_file():
            raise Unavailable(
                f"The database {file} is missing: restore a backup into a new home "
                "(`huggins restore`), or set database.url to where it is."
            )
        query = select(platform_facts.c.value).where(platform_facts.c.name == "owner")
        try:
            async with database.read() as connection:
                known = (await connection.execute(query)).scalar_one_or_none()
        except (DBAPIError, OSError) as error:
            raise database.unusable(error) from error
        if here not in {known, ""}:
            raise _another(self.folder, database)

    async def owner(self, database: Database) -> str:
        """Return the label of this platform's containers; create it if the database has none.

        The label is stored in the database and in the folder, because they belong together: a job's folder
        without a row is deleted as a leftover, and a row without a folder is a failed job. The label is
        written to a second file before it is committed and renamed afterwards, so that an interruption at any
        point is repaired at the next start.

        Parameters
        ----------
        database : Database
            Open and migrated.

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
                raise _another(self.folder, database)
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
            if here == "":  # an older platform was killed while it wrote the file
                new.write_text(f"{known}\n", "utf-8")
            new.replace(path)
        return known


def _another(folder: Path, database: Database) -> Conflict:
    return Conflict(
        f"{folder} belongs to another database than {database.name}: "
        "set database.url as it was, or HUGGINS_HOME to another folder."
    )


def _text(path: Path) -> str | None:
    """Return the text of a file without surrounding space, or None if there is no such file."""
    return path.read_text("utf-8").strip() if path.is_file() else None
