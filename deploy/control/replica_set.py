"""The replicas of one version of a deployment: as many as are wanted, the least busy one first."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping

from deploy.control.autoscaler import Autoscaler
from deploy.control.context import ReplicaContext
from deploy.control.replica import Replica, ReplicaState
from deploy.model.deployment import Deployment, Version

DRAIN_S = 600.0  # as long as the proxy waits for an answer
GOING = frozenset({ReplicaState.DRAINING, ReplicaState.STOPPED})


class ReplicaSet:
    """Keeps the replicas of a version.

    Parameters
    ----------
    deployment, version
        What they serve.
    context
        The service around them.
    changed
        Called after every change of any replica.
    used
        When the version was last called (see `Autoscaler`).
    running
        From the names of containers that are known to run to their nodes; they are taken up.
    """

    def __init__(
        self,
        deployment: Deployment,
        version: Version,
        context: ReplicaContext,
        changed: Callable[[], None],
        *,
        used: float | None,
        running: Mapping[str, str],
    ) -> None:
        self.deployment = deployment
        self.version = version
        self._context = context
        self._changed = changed
        self._scaler = Autoscaler(used)
        self._leaving: set[asyncio.Task[None]] = set()
        self._outstanding = 0
        self._busy_s = 0.0  # the outstanding requests' integral over time, since the load was looked at
        self._looked = self._moved = time.monotonic()
        self.replicas: dict[int, Replica] = {}
        for index in range(deployment.scaling.maximum):
            name = deployment.replica(version.number, index, context.owner)
            if name in running:
                self.replicas[index] = self._made(index, running[name])

    @property
    def ready(self) -> list[Replica]:
        """Those that take requests."""
        return [replica for replica in self.replicas.values() if replica.state is ReplicaState.READY]

    @property
    def active(self) -> list[Replica]:
        """Those that are not on their way out."""
        return [replica for replica in self.replicas.values() if replica.state not in GOING]

    def pick(self, without: Iterable[Replica] = ()) -> Replica | None:
        """Return the ready replica with the fewest requests, by lot among equals, or None."""
        best: list[Replica] = []
        for replica in self.ready:
            if replica in without:
                continue
            if not best or replica.outstanding < best[0].outstanding:
                best = [replica]
            elif replica.outstanding == best[0].outstanding:
                best.append(replica)
        return random.choice(best) if best else None  # noqa: S311 - no secret

    def begin(self, replica: Replica) -> None:
        """Count a request in."""
        self._count(1)
        replica.begin_request()

    def end(self, replica: Replica) -> None:
        """Count a request out."""
        self._count(-1)
        replica.end_request()

    def use(self) -> None:
        """Note a request that another version answered because nothing here was ready."""
        self._scaler.use(time.monotonic())

    def desired(self, *, waiting: bool) -> int:
        """Return how many replicas the load since the last call needs; `waiting`: somebody waits for one."""
        moment = time.monotonic()
        self._count(0)
        load = self._busy_s / max(moment - self._looked, 1e-3)
        self._busy_s, self._looked = 0.0, moment
        return self._scaler.desired(self.deployment.scaling, load, moment, waiting=waiting)

    def scale(self, number: int) -> None:
        """Have `number` replicas: start what is missing, drain what is too many."""
        surplus = len(self.active) - number
        for replica in sorted(
            self.active, key=lambda one: (one.state is ReplicaState.READY, one.outstanding)
        )[: max(surplus, 0)]:
            self._leave(replica)
        index = 0
        while surplus < 0:
            if index not in self.replicas:
                self.replicas[index] = self._made(index)
                surplus += 1
            index += 1

    async def empty(self, *, drain: bool = True) -> None:
        """Take all replicas away, after they finished what they have where they shall `drain`."""
        for replica in self.active:
            if drain:
                self._leave(replica)
        if not drain:
            for task in self._leaving:
                task.cancel()
            await asyncio.gather(*self._leaving, return_exceptions=True)
            await asyncio.gather(*(replica.stop() for replica in self.replicas.values()))
            self.replicas.clear()
        await asyncio.gather(*self._leaving)

    async def detach(self) -> None:
        """Stop watching; the containers run on."""
        for task in self._leaving:
            task.cancel()
        await asyncio.gather(*self._leaving, return_exceptions=True)
        await asyncio.gather(*(replica.detach() for replica in self.replicas.values()))

    def _made(self, index: int, node: str | None = None) -> Replica:
        return Replica(self.deployment, self.version, index, self._context, self._changed, node=node)

    def _leave(self, replica: Replica) -> None:
        replica.state = ReplicaState.DRAINING  # at once: nobody may choose it before its task runs
        task = asyncio.create_task(self._drain(replica), name=f"drain {replica.name}")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _drain(self, replica: Replica) -> None:
        await replica.drain(DRAIN_S)
        self.replicas = {index: one for index, one in self.replicas.items() if one is not replica}
        self._changed()

    def _count(self, change: int) -> None:
        moment = time.monotonic()
        self._busy_s += self._outstanding * (moment - self._moved)
        self._moved = moment
        self._outstanding += change
