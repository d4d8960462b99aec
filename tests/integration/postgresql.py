"""A PostgreSQL server of a test's own, on a socket in a folder of its own; it can be stopped and started."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from tests.conftest import unavailable

_templates: dict[Path, str] = {}  # to the URL of the migrated database of each server
DEBIAN = Path("/usr/lib/postgresql")  # not on the PATH there


@dataclass(frozen=True)
class PostgreSQL:
    """A server that may run.

    Attributes
    ----------
    folder
        Where its socket and its data lie.
    control, user
        ``pg_ctl``, and who runs it: it rejects to run as root.
    """

    folder: Path
    control: str
    user: str

    def start(self) -> None:
        """Start it; returns when it takes connections."""
        options = f"-c listen_addresses='' -c fsync=off -k {self.folder}"
        self.run(
            self.control, "-D", str(self.data), "-l", str(self.folder / "log"), "-o", options, "-w", "start"
        )

    def stop(self) -> None:
        """Stop it at once, as a crash would."""
        self.run(self.control, "-D", str(self.data), "-m", "immediate", "-w", "stop")

    @property
    def data(self) -> Path:
        """Its cluster."""
        return self.folder / "data"

    def run(self, *command: str) -> None:
        """Run one of its programs as its user."""
        done = subprocess.run(
            command, user=self.user, cwd=self.folder, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


async def new_database(folder: Path, like: str = "") -> str:
    """Make an empty database, or a copy of another, on the server whose socket lies in a folder.

    Parameters
    ----------
    folder : Path
        Of the server.
    like : str
        URL of the other one, which nobody uses now.

    Returns
    -------
    str
        Its URL.
    """
    name = f"t{new_identifier()}"
    template = f" template {urlsplit(like).path[1:]} strategy file_copy" if like else ""
    connection = await asyncpg.connect(host=str(folder), user="huggins", database="postgres")
    await connection.execute(f"create database {name}{template}")
    await connection.close()
    return f"postgresql://huggins@/{name}?host={folder}"


async def migrated_database(folder: Path) -> str:
    """Make a database of the newest schema on that server; return its URL.

    It is a copy of one that is migrated once for each server: migrating takes longer than most tests.
    """
    if folder not in _templates:
        _templates[folder] = await new_database(folder)
        template = Database(_templates[folder])
        await template.migrate()
        await template.engine.dispose()
    return await new_database(folder, _templates[folder])


@contextmanager
def serving() -> Iterator[PostgreSQL]:
    """Run a server."""
    initdb, control = _program("initdb"), _program("pg_ctl")
    if initdb is None or control is None:
        unavailable("PostgreSQL")
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    # Short, for a socket's path has at most 107 letters; and not below pytest's, where its user may not go.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    shutil.chown(folder, user)
    server = PostgreSQL(folder, str(control), user)
    server.run(str(initdb), "-D", str(server.data), "-U", "huggins", "-A", "trust", "-E", "UTF8", "--no-sync")
    server.start()
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """Run a server that listens on a socket in its own folder; give that folder."""
    with serving() as server:
        yield server.folder


def _program(name: str) -> str | None:
    # What the PATH does not show is not there, although it may lie in its folder.
    installed = sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True) if shutil.which("psql") else []
    return shutil.which(name) or next(map(str, installed), None)
