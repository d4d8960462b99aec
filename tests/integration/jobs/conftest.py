"""A real PostgreSQL server, one database per test."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from dashboard.identifiers import new_identifier
from dashboard.platform import Platform
from tests.conftest import unavailable
from tests.unit.dashboard.world import World

DEBIAN = Path("/usr/lib/postgresql")  # not on the PATH there


def program(name: str) -> str | None:
    """Return where one of PostgreSQL's programs is."""
    return shutil.which(name) or next(map(str, sorted(DEBIAN.glob(f"*/bin/{name}"), reverse=True)), None)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Path]:
    """Run a server that listens on a socket in its own folder; give that folder."""
    initdb, control = program("initdb"), program("pg_ctl")
    if initdb is None or control is None:
        unavailable("PostgreSQL")
    user = (
        "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    )  # it refuses to run as root
    # Short, for a socket's path has at most 107 letters; and not below pytest's, where its user may not go.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    shutil.chown(folder, user)
    data = folder / "data"

    def run(*command: str) -> None:
        done = subprocess.run(command, user=user, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    run(str(initdb), "-D", str(data), "-U", "huggins", "-A", "trust", "-E", "UTF8", "--no-sync")
    options = f"-c listen_addresses='' -c fsync=off -k {folder}"
    run(str(control), "-D", str(data), "-l", str(folder / "log"), "-o", options, "-w", "start")
    yield folder
    run(str(control), "-D", str(data), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder)


@pytest.fixture
async def world(tmp_path: Path, postgresql: Path) -> AsyncIterator[World]:
    """Return the unit tests' world over a fresh database of the server."""
    name = f"t{new_identifier()}"
    connection = await asyncpg.connect(host=str(postgresql), user="huggins", database="postgres")
    await connection.execute(f"create database {name}")
    await connection.close()
    made = World(tmp_path / "home", url=f"postgresql://huggins@/{name}?host={postgresql}")
    yield made
    await made.close()


@pytest.fixture
async def platform(world: World) -> Platform:
    return await world.platform()
