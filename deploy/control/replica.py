"""One replica: a container that is started, watched, left out while it does not answer, and started again."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from enum import StrEnum

from deploy.control.container import Container, ReplicaFailed
from deploy.control.context import ReplicaContext
from deploy.model.deployment import Deployment, Version, now
from deploy.model.status import ReplicaStatus
from launchers.base import Handle, LaunchError

log = logging.getLogger(__name__)

READY_WITHIN_S = 180.0  # a big model may take minutes to load; after that the replica is started afresh
LOOK_EVERY_S = 2.0
FIRST_LOOKS_S = 0.05  # while starting or left out, callers may be waiting
EJECT_AFTER = 3  # checks in a row that fail
RETURN_AFTER = 2  # checks in a row that succeed
REPLACE_AFTER_S = 30.0  # without an answer; then it is started afresh, where there is room for it
FIRST_PAUSE_S = 0.5  # before a failed replica is started again; doubles up to the longest
LONGEST_PAUSE_S = 60.0
STEADY_S = 30.0  # who was ready for so long begins again with the first pause
STOP_GRACE_S = 10.0
FAILED_GRACE_S = 2.0


class ReplicaState(StrEnum):
    """How far a replica is."""

    STARTING = "starting"
    READY = "ready"
    EJECTED = "ejected"  # it does not answer just now, gets no requests, and is asked again and again
    FAILED = "failed"  # it ended; it is started again after a pause
    DRAINING = "draining"  # it finishes what it has and goes
    STOPPED = "stopped"


class Replica:
    """Keeps one container as it is wanted, until `stop`.

    Parameters
    ----------
    deployment, version, index
        What it serves, and which of the version's replicas it is.
    context
        The service around it.
    changed
        Called after every change of the state.
    node
        Where it is known to run already.
    """

    def __init__(
        self,
        deployment: Deployment,
        version: Version,
        index: int,
        context: ReplicaContext,
        changed: Callable[[], None],
        *,
        node: str | None = None,
    ) -> None:
        self.name = deployment.replica(version.number, index, context.owner)
        self.version = version
        self.state = ReplicaState.STARTING
        self.reason = ""
        self.since = now()
        self.restarts = 0
        self.outstanding = 0
        self.address = ""
        self.node = node or ""
        self._deployment = deployment
        self._context = context
        self._changed = changed
        self._suspected = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._container = Container(self.name, deployment, version, context)
        self._ready_since = 0.0
        self._task = asyncio.create_task(self._keep(), name=f"replica {self.name}")

    @property
    def status(self) -> ReplicaStatus:
        """How it is."""
        return ReplicaStatus(
            self.name,
            self.node,
            self.version.number,
            str(self.state),
            self.reason,
            self.since,
            self.restarts,
            self.outstanding,
        )

    def begin_request(self) -> None:
        """Count a request in."""
        self.outstanding += 1
        self._idle.clear()

    def end_request(self) -> None:
        """Count a request out."""
        self.outstanding -= 1
        if self.outstanding == 0:
            self._idle.set()

    def suspect(self, reason: str) -> None:
        """Leave it out at once, because a request could not be handed to it, and ask it how it is."""
        if self.state is ReplicaState.READY:
            self._set(ReplicaState.EJECTED, reason)
            self._suspected.set()

    async def drain(self, patience_s: float) -> None:
        """Give it no more requests, wait for those that it has, then take it away."""
        self._set(ReplicaState.DRAINING, "finishes what it has")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), patience_s)
        await self.stop()

    async def detach(self) -> None:
        """Stop watching but leave the container running: the platform comes back to it."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def stop(self) -> None:
        """Take the container away; what a node that is down still runs is swept when it is back."""
        await self.detach()
        await self._container.remove(self.node, STOP_GRACE_S)
        self._set(ReplicaState.STOPPED, "")

    async def logs(self, lines: int) -> str:
        """Return the last lines that it wrote."""
        return await self._container.logs(self.node, lines) if self.node else ""

    async def _keep(self) -> None:
        loop = asyncio.get_running_loop()
        pause = FIRST_PAUSE_S
        failed_on: frozenset[str] = frozenset()
        while True:
            self._ready_since = loop.time()
            try:
                await self._live(failed_on)
            except (ReplicaFailed, LaunchError, LookupError) as error:
                if self.address and loop.time() - self._ready_since > STEADY_S:
                    pause = FIRST_PAUSE_S
                self.address = ""
                self.restarts += 1
                self._set(ReplicaState.FAILED, f"{error} Next try in {pause:.3g} s.")
                log.warning("replica %s on %s: %s", self.name, self.node or "no node", self.reason)
                await self._container.remove(self.node, FAILED_GRACE_S)
                failed_on = frozenset({self.node})
                self.node = ""
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _live(self, failed_on: frozenset[str]) -> None:
        """Start it, wait until it answers, watch it; never returns, but raises when it is lost."""
        self.node = self.node or self._context.place(self._deployment, failed_on)
        handle = await self._container.start(self.node)
        await self._wait_until_it_answers(handle)
        self.address = handle.address or ""
        self._ready_since = asyncio.get_running_loop().time()
        self._set(ReplicaState.READY, "")
        await self._watch(handle)

    async def _wait_until_it_answers(self, handle: Handle) -> None:
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        self._set(ReplicaState.STARTING, "starting")
        while not await self._container.answers(handle):
            await self._container.raise_if_ended(self.node, handle)
            if asyncio.get_running_loop().time() > deadline:
                raise ReplicaFailed(f"The replica did not answer within {READY_WITHIN_S:.0f} s.")
            await asyncio.sleep(FIRST_LOOKS_S)

    async def _watch(self, handle: Handle) -> None:
        good, bad, last_good = 0, 0, asyncio.get_running_loop().time()
        while True:
            pause = FIRST_LOOKS_S if self.state is ReplicaState.EJECTED else LOOK_EVERY_S
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._suspected.wait(), pause)
            self._suspected.clear()
            if await self._container.answers(handle):
                good, bad, last_good = good + 1, 0, asyncio.get_running_loop().time()
                await self._container.raise_if_ended(self.node, handle, sure=False)
            else:
                good, bad = 0, bad + 1
                await self._container.raise_if_ended(self.node, handle, sure=False)
            if self.state is ReplicaState.READY and bad >= EJECT_AFTER:
                self._set(ReplicaState.EJECTED, f"did not answer {bad} times in a row")
            elif self.state is ReplicaState.EJECTED and good >= RETURN_AFTER:
                self._set(ReplicaState.READY, "")
            if asyncio.get_running_loop().time() - last_good > REPLACE_AFTER_S:
                raise ReplicaFailed(f"The replica has not answered for {REPLACE_AFTER_S:.0f} s.")

    def _set(self, state: ReplicaState, reason: str) -> None:
        if state is not self.state:
            self.since = now()
        self.state, self.reason = state, reason
        self._changed()
