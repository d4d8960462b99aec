"""A standalone gateway: the deploy service of a platform's database, with replicas of its own."""

from __future__ import annotations

import fcntl
from typing import IO

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from dashboard.base.errors import Conflict, Unavailable
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.platform.core import Core
from dashboard.settings import Settings


class Gateway(Core):
    """The nodes and the deploy service, beside a platform on the same database.

    Nodes are those of the settings and those made on the page; no new replica is placed on a drained node.

    Parameters
    ----------
    settings : Settings
        Name the database, the home folder and the nodes.
    name : str
        Name of the gateway, unique in its home folder.
    launchers : LauncherFactory
        Makes the launchers of the nodes; tests pass their own.
    """

    def __init__(self, settings: Settings, name: str, launchers: LauncherFactory = make_launcher) -> None:
        folder = settings.home / "gateways" / name
        super().__init__(settings, folder, launchers, replicas=f"gateway-{name}")
        self._lock: IO[str] | None = None

    async def start(self) -> None:
        """Lock the gateway's folder and start the services.

        Raises
        ------
        Conflict
            If a gateway of that name already runs in this home folder.
        Unavailable
            If the database cannot be read, or is not a platform's.
        """
        self._take_lock()
        try:
            self.owner = await _platform(self.database)
            await self._start_services([self.nodes, self.deploy, self.replica_usage])
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the services with the replicas."""
        await self._stop_services()
        await self.database.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _take_lock(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (self._folder / "gateway.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            name = self._folder.name
            raise Conflict(
                f"a gateway named {name} runs here already: give this one another --name"
            ) from None
        self._lock = lock


async def _platform(database: Database) -> str:
    """Return the label of the platform that owns a database; `Unavailable` if none does."""
    query = select(platform_facts.c.value).where(platform_facts.c.name == "owner")
    try:
        async with database.read() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
    except (SQLAlchemyError, OSError) as error:
        raise database.unusable(error) from error
    if found is None:
        raise Unavailable(f"{database.name} is no platform's database: run `huggins up` on it first")
    return str(found)
