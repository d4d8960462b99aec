"""The replicas of one version of a deployment: scaled, and chosen by their load."""

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
LEAVING = frozenset({ReplicaState.DRAINING, ReplicaState.STOPPED})


class ReplicaSet:
    """Keeps the replicas of one version at the desired number.

    Parameters
    ----------
    deployment, version
        What the replicas serve.
    context
        What the replicas need of the deploy service.
    changed
        Called after every change of any replica.
    used
        Time of the last request (see `Autoscaler`).
    running
        Maps the names of running containers to their nodes; they are adopted.
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
        self._draining: set[asyncio.Task[None]] = set()
        self._outstanding = 0
        self._busy_s = 0.0  # integral of the outstanding requests over time, since the last `desired`
        self._measured = self._counted = time.monotonic()
        self.replicas: dict[int, Replica] = {}
        for index in range(deployment.scaling.maximum):
            name = deployment.replica(version.number, index, context.owner)
            if name in running:
                self.replicas[index] = self._create(index, running[name])

    @property
    def ready(self) -> list[Replica]:
        """The replicas that accept requests."""
        return [replica for replica in self.replicas.values() if replica.state is ReplicaState.READY]

    @property
    def active(self) -> list[Replica]:
        """The replicas that are not draining or stopped."""
        return [replica for replica in self.replicas.values() if replica.state not in LEAVING]

    def pick(self, without: Iterable[Replica] = ()) -> Replica | None:
        """Return the ready replica with the fewest requests (a random one of equals), or None."""
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
        """Count the start of a request."""
        self._count(1)
        replica.begin_request()

    def end(self, replica: Replica) -> None:
        """Count the end of a request."""
        self._count(-1)
        replica.end_request()

    def use(self) -> None:
        """Record a request that another version gets because no replica is ready here."""
        self._scaler.use(time.monotonic())

    def desired(self, *, waiting: bool) -> int:
        """Return the desired number of replicas for the load since the last call, and a `waiting` request."""
        moment = time.monotonic()
        self._count(0)
        load = self._busy_s / max(moment - self._measured, 1e-3)
        self._busy_s, self._measured = 0.0, moment
        return self._scaler.desired(self.deployment.scaling, load, moment, waiting=waiting)

    def scale(self, number: int) -> None:
        """Start or drain replicas until there are `number`."""
        surplus = len(self.active) - number
        for replica in sorted(
            self.active, key=lambda one: (one.state is ReplicaState.READY, one.outstanding)
        )[: max(surplus, 0)]:
            self._start_draining(replica)
        index = 0
        while surplus < 0:
            if index not in self.replicas:
                self.replicas[index] = self._create(index)
                surplus += 1
            index += 1

    async def empty(self, *, drain: bool = True) -> None:
        """Stop all replicas; with `drain`, after they have finished their requests."""
        for replica in self.active:
            if drain:
                self._start_draining(replica)
        if not drain:
            for task in self._draining:
                task.cancel()
            await asyncio.gather(*self._draining, return_exceptions=True)
            await asyncio.gather(*(replica.stop() for replica in self.replicas.values()))
            self.replicas.clear()
        await asyncio.gather(*self._draining)

    async def detach(self) -> None:
        """Stop watching the replicas; the containers run on."""
        for task in self._draining:
            task.cancel()
        await asyncio.gather(*self._draining, return_exceptions=True)
        await asyncio.gather(*(replica.detach() for replica in self.replicas.values()))

    def _create(self, index: int, node: str | None = None) -> Replica:
        return Replica(self.deployment, self.version, index, self._context, self._changed, node=node)

    def _start_draining(self, replica: Replica) -> None:
        replica.state = ReplicaState.DRAINING  # at once: it must not be chosen before its task runs
        task = asyncio.create_task(self._drain(replica), name=f"drain {replica.name}")
        self._draining.add(task)
        task.add_done_callback(self._draining.discard)

    async def _drain(self, replica: Replica) -> None:
        await replica.drain(DRAIN_S)
        self.replicas = {index: one for index, one in self.replicas.items() if one is not replica}
        self._changed()

    def _count(self, change: int) -> None:
        moment = time.monotonic()
        self._busy_s += self._outstanding * (moment - self._counted)
        self._counted = moment
        self._outstanding += change
