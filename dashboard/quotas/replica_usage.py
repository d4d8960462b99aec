"""Records what each replica of a deployment held, and for how long: rows beside those of attempts of jobs.

Each program that runs replicas records its own. A row is open while its replica is seen; one that no program
has seen for a while, as after a kill, ended when it was seen last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.database.tables import resource_usage
from deploy.model.deployment import Deployment
from deploy.model.status import DeploymentStatus, ReplicaStatus

log = logging.getLogger(__name__)

LOOK_S = 10.0
UNSEEN_S = 300.0  # without a look of any program, a row is closed
PREFIX = "replica-"  # of the ids of the rows
HOLDS = frozenset({"starting", "ready", "ejected", "draining"})  # states in which a replica has its container
Deployed = Callable[[], Iterable[tuple[Deployment, DeploymentStatus]]]


@dataclass(frozen=True)
class Held:
    """A replica that runs: its place, and for whom."""

    name: str
    node: str
    owner: str
    project: str | None


class ReplicaUsage:
    """Looks at the replicas of this program, and records their hours.

    Parameters
    ----------
    database : Database
        Open and migrated.
    deployed : callable
        Returns the deployments with their status.
    """

    def __init__(self, database: Database, deployed: Deployed) -> None:
        self._database = database
        self._deployed = deployed
        self._open: dict[Held, str] = {}  # to the id of its row
        self._looked = ""
        self._running: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start looking."""
        self._running = asyncio.create_task(self._run(), name="hours of replicas")

    async def stop(self) -> None:
        """Stop looking; what is open ends now, for the replicas are stopped with the program."""
        if self._running is None:
            return
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)
        self._running = None
        try:
            await self._close(list(self._open))
        except (SQLAlchemyError, OSError) as error:  # the next start of any program closes them
            log.warning("the hours of replicas could not be recorded: %s", error)

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # the database may be unavailable for a moment
                log.exception("the hours of replicas could not be recorded; trying again")
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Record what runs now and what has ended, once."""
        now = clock.now()
        running = dict(self._holding())
        await self._close([one for one in self._open if one not in running])
        for held, row in running.items():
            if held not in self._open:
                self._open[held] = await self._begin(held, row, now)
        async with self._database.write() as connection:
            ids = resource_usage.c.attempt.in_(self._open.values())
            if self._open:
                await connection.execute(update(resource_usage).where(ids).values(seen=now))
            # Of any program: it was killed, and its replicas may be gone.
            lost = (
                resource_usage.c.attempt.startswith(PREFIX),
                resource_usage.c.ended.is_(None),
                resource_usage.c.seen < clock.after(-UNSEEN_S),
            )
            await connection.execute(update(resource_usage).where(*lost).values(ended=resource_usage.c.seen))
        self._looked = now

    def _holding(self) -> Iterable[tuple[Held, dict[str, Any]]]:
        for deployment, status in self._deployed():
            shared = deployment.visibility == Visibility.PROJECT
            project = deployment.project if shared else None
            for replica in status.replicas:
                if replica.node and replica.state in HOLDS:
                    held = Held(replica.name, replica.node, deployment.owner, project)
                    yield held, _row(deployment, replica)

    async def _begin(self, held: Held, row: dict[str, Any], now: str) -> str:
        """Return the id of a row that is open; one that was left by a kill goes on."""
        name = hashlib.sha256(held.name.encode()).hexdigest()[:40]  # names are longer than the column
        same = {"job": name, "owner": held.owner, "project": held.project, "node": held.node}
        mine = [resource_usage.c[column] == value for column, value in same.items()]
        query = select(resource_usage.c.attempt).where(*mine, resource_usage.c.ended.is_(None))
        async with self._database.write() as connection:
            known = (await connection.execute(query)).scalars().first()
            if known is not None:
                return str(known)
            row = {**row, **same, "attempt": f"{PREFIX}{new_identifier()}", "seen": now}
            row["started"] = min(max(row["started"], self._looked or now), now)
            await connection.execute(insert(resource_usage).values(row))
        return str(row["attempt"])

    async def _close(self, ended: list[Held]) -> None:
        if not ended:
            return
        ids = resource_usage.c.attempt.in_([self._open[one] for one in ended])
        now = clock.now()
        async with self._database.write() as connection:
            await connection.execute(update(resource_usage).where(ids).values(ended=now, seen=now))
        for one in ended:
            del self._open[one]


def _row(deployment: Deployment, replica: ReplicaStatus) -> dict[str, Any]:
    version = deployment.version(replica.version)
    granted = Resources.from_json(version.resources)
    return {
        "module": version.module[:80],
        "cpus": granted.cpus,
        "gpus": granted.gpus,
        "memory_mb": granted.memory_mb,
        "started": replica.since,
    }
