"""Records what each replica of a deployment held, and for how long: rows beside those of attempts of jobs.

Each program that runs replicas records its own, by every change of their state: also a replica that lived for
a moment counts. A row is open while its replica is seen; one that no program has seen for a while, as after a
kill, ended when it was seen last.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.exc import SQLAlchemyError

from dashboard.base import clock
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.periodic import Periodic
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.database.tables import resource_usage
from deploy.model.deployment import Deployment, UnknownDeployment
from deploy.model.status import DeploymentStatus, ReplicaStatus

log = logging.getLogger(__name__)

LOOK_S = 10.0
UNSEEN_S = 300.0  # without a look of any program, a row is closed
PREFIX = "replica-"  # of the ids of the rows
HOLDS = frozenset({"starting", "ready", "ejected", "draining"})  # states in which a replica has its container
Deployed = Callable[[], Iterable[tuple[Deployment, DeploymentStatus]]]
One = Callable[[str], tuple[Deployment, DeploymentStatus]]


@dataclass(frozen=True)
class Held:
    """A replica that runs: its place, and for whom."""

    deployment: str
    name: str
    node: str
    owner: str
    project: str | None


@dataclass(frozen=True)
class Life:
    """What a replica was given, and when it got and lost it; empty: it has it still."""

    row: dict[str, Any]
    began: str
    ended: str = ""


class ReplicaUsage:
    """Looks at the replicas of this program, and records their hours.

    Parameters
    ----------
    database : Database
        Open and migrated.
    deployed : callable
        Returns the deployments with their status.
    one : callable
        Returns one of them by its name; raises `UnknownDeployment`.
    """

    def __init__(self, database: Database, deployed: Deployed, one: One) -> None:
        self._database = database
        self._deployed = deployed
        self._one = one
        self._lives: dict[Held, Life] = {}  # of the replicas that run, as they were seen to change
        self._over: list[tuple[Held, Life]] = []  # not recorded yet
        self._open: dict[Held, str] = {}  # to the id of its row
        self._looked = ""
        failed = "the hours of replicas could not be recorded; trying again"  # the database may be away
        self._looking = Periodic(self.look, LOOK_S, log, failed)

    async def start(self) -> None:
        """Start looking."""
        self._looking.start()

    async def stop(self) -> None:
        """Stop looking; what is open ends now, for the replicas are stopped with the program."""
        if not await self._looking.stop():
            return
        try:
            await self._record_over()
            await self._close(list(self._open))
        except (SQLAlchemyError, OSError) as error:  # the next start of any program closes them
            log.warning("the hours of replicas could not be recorded: %s", error)

    def note(self, name: str) -> None:
        """Note which replicas of a deployment hold something now; call it after every change of its status.

        Parameters
        ----------
        name : str
            The deployment; it may be gone.
        """
        now = clock.now()
        try:
            running = dict(self._holding([self._one(name)]))
        except UnknownDeployment:
            running = {}
        for held in [one for one in self._lives if one.deployment == name and one not in running]:
            self._over.append((held, replace(self._lives.pop(held), ended=now)))
        for held, row in running.items():
            self._lives.setdefault(held, Life(row, now))

    async def look(self) -> None:
        """Record what runs now and what has ended, once."""
        await self._record_over()
        now = clock.now()
        running = dict(self._holding(self._deployed()))
        await self._close([one for one in self._open if one not in running])
        for held, row in running.items():
            if held not in self._open:
                life = self._lives.get(held)
                began = life.began if life else max(row["started"], self._looked or now)
                self._open[held] = await self._begin(held, row, min(began, now))
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

    async def _record_over(self) -> None:
        """Record the replicas that have ended since the last look, at the moment at which they did."""
        while self._over:
            held, life = self._over[0]
            row = self._open.get(held) or await self._begin(held, life.row, life.began)
            mine = resource_usage.c.attempt == row
            async with self._database.write() as connection:
                await connection.execute(update(resource_usage).where(mine).values(ended=life.ended))
            self._open.pop(held, None)
            del self._over[0]

    @staticmethod
    def _holding(
        deployed: Iterable[tuple[Deployment, DeploymentStatus]],
    ) -> Iterable[tuple[Held, dict[str, Any]]]:
        for deployment, status in deployed:
            shared = deployment.visibility == Visibility.PROJECT
            project = deployment.project if shared else None
            for replica in status.replicas:
                if replica.node and replica.state in HOLDS:
                    held = Held(deployment.name, replica.name, replica.node, deployment.owner, project)
                    yield held, _row(deployment, replica)

    async def _begin(self, held: Held, row: dict[str, Any], began: str) -> str:
        """Return the id of a row that is open; one that was left by a kill goes on."""
        name = hashlib.sha256(held.name.encode()).hexdigest()[:40]  # names are longer than the column
        same = {"job": name, "owner": held.owner, "project": held.project, "node": held.node}
        mine = [resource_usage.c[column] == value for column, value in same.items()]
        query = select(resource_usage.c.attempt).where(*mine, resource_usage.c.ended.is_(None))
        async with self._database.write() as connection:
            known = (await connection.execute(query)).scalars().first()
            if known is not None:
                return str(known)
            row = {**row, **same, "attempt": f"{PREFIX}{new_identifier()}", "seen": began, "started": began}
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
