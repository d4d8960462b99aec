"""Keeps one deployment as it is wanted: the fleets of its versions, and who gets which request."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterable, Mapping

from deploy.control.context import ReplicaContext
from deploy.control.replica import Replica, ReplicaState
from deploy.control.replica_set import ReplicaSet
from deploy.model.deployment import Deployment, now
from deploy.model.status import DeploymentState, DeploymentStatus

TICK_S = 1.0
MOST_WAITING = 512  # requests that wait for one deployment to start
Chosen = tuple[ReplicaSet, Replica]


class Overloaded(Exception):
    """So many requests wait already that one more would wait too long."""


class DeploymentController:
    """Makes the world match one deployment.

    Parameters
    ----------
    deployment
        What is to be on the air.
    context
        The service around it.
    changed
        Called after every change of the status.
    fresh
        Whether it was made just now: its first replica then starts at once, also where the minimum is 0.
    running
        From the names of containers that are known to run to their nodes.
    """

    def __init__(
        self,
        deployment: Deployment,
        context: ReplicaContext,
        changed: Callable[[str], None],
        *,
        fresh: bool,
        running: Mapping[str, str],
    ) -> None:
        self.deployment = deployment
        self._context = context
        self._told = changed
        self._running = running
        self._replica_sets: dict[int, ReplicaSet] = {}
        self._wake = asyncio.Event()
        self._news = asyncio.Event()  # set once and replaced: whoever waits for a replica looks again
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._said: tuple[DeploymentState, str] | None = None
        self._since = now()
        for number in deployment.serving:
            self._replica_set(number, fresh=fresh)
        self._tick()
        self._task = asyncio.create_task(self._keep(), name=f"keeper of {deployment.name}")

    @property
    def replicas(self) -> list[Replica]:
        """All replicas of all versions."""
        return [
            replica
            for replica_set in self._replica_sets.values()
            for replica in replica_set.replicas.values()
        ]

    @property
    def status(self) -> DeploymentStatus:
        """How it is."""
        state, reason = self._state()
        if self._said != (state, reason):
            if self._said is None or self._said[0] is not state:
                self._since = now()
            self._said = (state, reason)
        replicas = tuple(replica.status for replica in self.replicas)
        return DeploymentStatus(state, reason, self._since, replicas, self._waiting)

    def apply(self, deployment: Deployment) -> None:
        """Take over a changed deployment; requests go on without a break."""
        before, self.deployment = self.deployment, deployment
        for number in deployment.serving:
            # What was not called until now is started, so that it is there when requests come.
            self._replica_set(number, fresh=number not in before.serving or not before.enabled)
        for number, replica_set in self._replica_sets.items():
            replica_set.deployment = deployment
            replica_set.version = deployment.version(number)
        self._tick()
        self._changed()

    def choose(self, without: Iterable[Replica] = ()) -> Chosen | None:
        """Return a ready replica: of the canary by its share, else of the stable version, else of any other.

        Parameters
        ----------
        without
            Replicas that failed this request already.
        """
        for replica_set in self._order():
            replica = replica_set.pick(without)
            if replica is not None:
                return replica_set, replica
            replica_set.use()
        return None

    async def wait_for(self, wait_s: float, without: Iterable[Replica] = ()) -> Chosen | None:
        """Return a ready replica, waiting at most `wait_s` seconds for one that starts; `Overloaded`."""
        deadline = time.monotonic() + wait_s
        while self.deployment.enabled:
            if (chosen := self.choose(without)) is not None:
                return chosen
            if (left := deadline - time.monotonic()) <= 0:
                return None
            if self._waiting >= MOST_WAITING:
                raise Overloaded
            if not self._replica_sets[self.deployment.stable].active:
                self._wake.set()
            self._waiting += 1
            try:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), left)
            finally:
                self._waiting -= 1
        return None

    async def close(self, *, drain: bool) -> None:
        """Take it off the air and remove its containers, after they finished what they have if `drain`."""
        await self._stop_keeping()
        await asyncio.gather(*(replica_set.empty(drain=drain) for replica_set in self._replica_sets.values()))
        self._replica_sets.clear()

    async def detach(self) -> None:
        """Stop watching but leave the replicas running: the platform goes down and will come back to them."""
        await self._stop_keeping()
        await asyncio.gather(*(replica_set.detach() for replica_set in self._replica_sets.values()))

    async def logs(self, lines: int) -> str:
        """Return the last lines of the replica that most likely has something to say: a failed one first."""
        order = {ReplicaState.FAILED: 0, ReplicaState.EJECTED: 1, ReplicaState.STARTING: 2}
        for replica in sorted(self.replicas, key=lambda one: order.get(one.state, 3)):
            return await replica.logs(lines)
        return ""

    async def _stop_keeping(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()
            self._tick()

    def _tick(self) -> None:
        """Scale what serves; let go of versions that do not, once another stands in for them."""
        serving = self.deployment.serving if self.deployment.enabled else ()
        old = [replica_set for number, replica_set in self._replica_sets.items() if number not in serving]
        stable = self._replica_sets.get(self.deployment.stable)
        stands_in = True
        for number in serving:
            replica_set = self._replica_sets[number]
            wanted = replica_set.desired(waiting=replica_set is stable and self._waiting > 0)
            if replica_set is stable:  # as many as those it takes over from
                taken_over = sum(len(one.ready) for one in old)
                wanted = min(max(wanted, taken_over), self.deployment.scaling.maximum)
                stands_in = not taken_over or len(replica_set.ready) >= wanted
            replica_set.scale(wanted)
        for replica_set in old:
            if stands_in:
                replica_set.scale(0)
        self._replica_sets = {
            number: replica_set
            for number, replica_set in self._replica_sets.items()
            if number in self.deployment.serving or replica_set.replicas
        }

    def _order(self) -> list[ReplicaSet]:
        """Return the fleets in the order in which a request tries them."""
        deployment = self.deployment
        if not deployment.enabled:
            return []
        order = list(deployment.serving)
        if len(order) == 2 and random.random() * 100 < deployment.share:  # noqa: S311 - no secret
            order.reverse()
        elif len(order) == 2 and deployment.share == 0:
            order.pop()
        order += [number for number in self._replica_sets if number not in deployment.serving]
        return [self._replica_sets[number] for number in order]

    def _replica_set(self, number: int, *, fresh: bool) -> None:
        if number in self._replica_sets:
            if fresh:
                self._replica_sets[number].use()
            return
        self._replica_sets[number] = ReplicaSet(
            self.deployment,
            self.deployment.version(number),
            self._context,
            self._changed,
            used=time.monotonic() if fresh else None,
            running=self._running,
        )

    def _state(self) -> tuple[DeploymentState, str]:
        deployment = self.deployment
        if not deployment.enabled:
            return DeploymentState.STOPPED, "finishes what it has" if self.replicas else ""
        broken = [
            replica
            for replica in self.replicas
            if replica.state in (ReplicaState.FAILED, ReplicaState.EJECTED)
        ]
        reason = broken[0].reason if broken else ""
        if any(replica_set.ready for replica_set in self._replica_sets.values()):
            return DeploymentState.DEPLOYED, reason
        if broken:
            return DeploymentState.FAILED, reason
        if any(replica_set.active for replica_set in self._replica_sets.values()):
            return DeploymentState.STARTING, "starting"
        return DeploymentState.SCALED_TO_ZERO, "nobody calls it; the next call starts it"

    def _changed(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
        self._told(self.deployment.name)
