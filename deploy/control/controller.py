"""The controller of one deployment: its replica sets, and the choice of a replica for a request."""

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
MOST_WAITING = 512  # requests that wait for a replica of one deployment
ChosenReplica = tuple[ReplicaSet, Replica]


class Overloaded(Exception):
    """Too many requests already wait for a replica."""


class DeploymentController:
    """Makes the observed state of one deployment match its desired state.

    Parameters
    ----------
    deployment
        The desired state.
    context
        What the replicas need of the deploy service.
    changed
        Called after every change of the status.
    fresh
        Whether the deployment is new: its first replica then starts at once, also if the minimum is 0.
    running
        Maps the names of running containers to their nodes.
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
        self._notify = changed
        self._running = running
        self._replica_sets: dict[int, ReplicaSet] = {}
        self._wake = asyncio.Event()
        self._changed_event = asyncio.Event()  # set once and replaced: wakes requests that wait for a replica
        self._waiting = 0
        self._task: asyncio.Task[None] | None = None
        self._last: tuple[DeploymentState, str] | None = None
        self._since = now()
        for number in deployment.serving:
            self._replica_set(number, fresh=fresh)
        self._tick()
        self._task = asyncio.create_task(self._run(), name=f"controller of {deployment.name}")

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
        """The observed state."""
        state, reason = self._state()
        if self._last != (state, reason):
            if self._last is None or self._last[0] is not state:
                self._since = now()
            self._last = (state, reason)
        replicas = tuple(replica.status for replica in self.replicas)
        return DeploymentStatus(state, reason, self._since, replicas, self._waiting)

    def apply(self, deployment: Deployment) -> None:
        """Apply a changed deployment without interrupting requests."""
        before, self.deployment = self.deployment, deployment
        for number in deployment.serving:
            # A version that did not serve before starts now, so that it is ready for its first request.
            self._replica_set(number, fresh=number not in before.serving or not before.enabled)
        for number, replica_set in self._replica_sets.items():
            replica_set.deployment = deployment
            replica_set.version = deployment.version(number)
        self._tick()
        self._changed()

    def choose(self, without: Iterable[Replica] = ()) -> ChosenReplica | None:
        """Return a ready replica: of the canary by its share, else of the stable, else of any other version.

        Parameters
        ----------
        without
            Replicas that already failed this request.
        """
        for replica_set in self._order():
            replica = replica_set.pick(without)
            if replica is not None:
                return replica_set, replica
            replica_set.use()
        return None

    async def wait_for(self, wait_s: float, without: Iterable[Replica] = ()) -> ChosenReplica | None:
        """Return a ready replica, waiting until one has started.

        Parameters
        ----------
        wait_s
            Seconds to wait at most.
        without
            Replicas that already failed this request.

        Returns
        -------
        ChosenReplica or None
            None: there was no replica in time, or the deployment is disabled.

        Raises
        ------
        Overloaded
            If too many requests already wait.
        """
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
                    await asyncio.wait_for(self._changed_event.wait(), left)
            finally:
                self._waiting -= 1
        return None

    async def close(self, *, drain: bool) -> None:
        """Stop all replicas; with `drain`, after they have finished their requests."""
        await self._stop_running()
        await asyncio.gather(*(replica_set.empty(drain=drain) for replica_set in self._replica_sets.values()))
        self._replica_sets.clear()

    async def detach(self) -> None:
        """Stop watching the replicas but leave them running, to be adopted after a restart."""
        await self._stop_running()
        await asyncio.gather(*(replica_set.detach() for replica_set in self._replica_sets.values()))

    async def logs(self, lines: int) -> str:
        """Return the end of the log of one replica: of a failed one, if there is one."""
        order = {ReplicaState.FAILED: 0, ReplicaState.EJECTED: 1, ReplicaState.STARTING: 2}
        for replica in sorted(self.replicas, key=lambda one: order.get(one.state, 3)):
            return await replica.logs(lines)
        return ""

    async def _stop_running(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()
            self._tick()

    def _tick(self) -> None:
        """Scale the versions that serve; stop others once the stable version has replaced their capacity."""
        serving = self.deployment.serving if self.deployment.enabled else ()
        old = [replica_set for number, replica_set in self._replica_sets.items() if number not in serving]
        stable = self._replica_sets.get(self.deployment.stable)
        replaced = True
        for number in serving:
            replica_set = self._replica_sets[number]
            desired = replica_set.desired(waiting=replica_set is stable and self._waiting > 0)
            if replica_set is stable:  # at least as many as it replaces
                old_ready = sum(len(one.ready) for one in old)
                desired = min(max(desired, old_ready), self.deployment.scaling.maximum)
                replaced = not old_ready or len(replica_set.ready) >= desired
            replica_set.scale(desired)
        for replica_set in old:
            if replaced:
                replica_set.scale(0)
        self._replica_sets = {
            number: replica_set
            for number, replica_set in self._replica_sets.items()
            if number in self.deployment.serving or replica_set.replicas
        }

    def _order(self) -> list[ReplicaSet]:
        """Return the replica sets in the order in which a request tries them."""
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
            return DeploymentState.STOPPED, "finishing its requests" if self.replicas else ""
        failing = [
            replica
            for replica in self.replicas
            if replica.state in (ReplicaState.FAILED, ReplicaState.EJECTED)
        ]
        reason = failing[0].reason if failing else ""
        if any(replica_set.ready for replica_set in self._replica_sets.values()):
            return DeploymentState.DEPLOYED, reason
        if failing:
            return DeploymentState.FAILED, reason
        if any(replica_set.active for replica_set in self._replica_sets.values()):
            return DeploymentState.STARTING, "starting"
        return DeploymentState.SCALED_TO_ZERO, "no calls; the next call starts a replica"

    def _changed(self) -> None:
        self._changed_event.set()
        self._changed_event = asyncio.Event()
        self._notify(self.deployment.name)
