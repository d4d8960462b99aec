"""One replica: a container that is started, probed, ejected while it does not answer, and restarted."""

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

READY_WITHIN_S = 180.0  # a large model may take minutes to load; then the replica is restarted
PROBE_EVERY_S = 2.0
FAST_PROBE_EVERY_S = 0.05  # while starting or ejected: callers may be waiting
EJECT_AFTER = 3  # failed probes in a row
RETURN_AFTER = 2  # successful probes in a row
REPLACE_AFTER_S = 30.0  # without an answer; then the replica is restarted
FIRST_PAUSE_S = 0.5  # before a restart; doubles up to the longest
LONGEST_PAUSE_S = 60.0
STEADY_S = 30.0  # ready for longer: the pause starts again at the first
STOP_GRACE_S = 10.0
FAILED_GRACE_S = 2.0


class ReplicaState(StrEnum):
    """The state of a replica."""

    STARTING = "starting"
    READY = "ready"
    EJECTED = "ejected"  # does not answer: gets no requests, is probed often
    FAILED = "failed"  # has ended; restarts after a pause
    DRAINING = "draining"  # finishes its requests, then stops
    STOPPED = "stopped"


class Replica:
    """Keeps one container running until `stop`.

    Parameters
    ----------
    deployment, version, index
        What it serves, and its number within the version.
    context
        What it needs of the deploy service.
    changed
        Called after every change of the state.
    node
        Node on which it already runs.
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
        self._task = asyncio.create_task(self._run(), name=f"replica {self.name}")

    @property
    def secret(self) -> str:
        """What its server asks of every caller."""
        return self._container.secret

    @property
    def status(self) -> ReplicaStatus:
        """The observed state."""
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
        """Count the start of a request."""
        self.outstanding += 1
        self._idle.clear()

    def end_request(self) -> None:
        """Count the end of a request."""
        self.outstanding -= 1
        if self.outstanding == 0:
            self._idle.set()

    def suspect(self, reason: str) -> None:
        """Eject it at once, because a request could not be sent to it, and probe it."""
        if self.state is ReplicaState.READY:
            self._set(ReplicaState.EJECTED, reason)
            self._suspected.set()

    async def drain(self, timeout_s: float) -> None:
        """Send it no more requests, wait at most `timeout_s` for those in progress, then stop it."""
        self._set(ReplicaState.DRAINING, "finishing its requests")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), timeout_s)
        await self.stop()

    async def detach(self) -> None:
        """Stop watching but leave the container running, to be adopted after a restart."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def stop(self) -> None:
        """Stop and remove the container; if its node is unreachable, a later sweep removes it."""
        await self.detach()
        await self._container.remove(self.node, STOP_GRACE_S)
        self._set(ReplicaState.STOPPED, "")

    async def logs(self, lines: int) -> str:
        """Return the last lines of its log."""
        return await self._container.logs(self.node, lines) if self.node else ""

    async def _run(self) -> None:
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
                self._set(ReplicaState.FAILED, f"{error} Next attempt in {pause:.3g} s.")
                log.warning("replica %s on %s: %s", self.name, self.node or "no node", self.reason)
                await self._container.remove(self.node, FAILED_GRACE_S)
                failed_on = frozenset({self.node})
                self.node = ""
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)

    async def _live(self, failed_on: frozenset[str]) -> None:
        """Start it, wait until it answers, watch it; raises when it has failed, and never returns."""
        self.node = self.node or self._context.place(self._deployment, failed_on)
        handle = await self._container.start(self.node)
        await self._wait_until_ready(handle)
        self.address = handle.address or ""
        self._ready_since = asyncio.get_running_loop().time()
        self._set(ReplicaState.READY, "")
        await self._watch(handle)

    async def _wait_until_ready(self, handle: Handle) -> None:
        deadline = asyncio.get_running_loop().time() + READY_WITHIN_S
        self._set(ReplicaState.STARTING, "starting")
        while not await self._container.answers(handle):
            await self._container.raise_if_ended(self.node, handle)
            if asyncio.get_running_loop().time() > deadline:
                raise ReplicaFailed(f"The replica did not answer within {READY_WITHIN_S:.0f} s.")
            await asyncio.sleep(FAST_PROBE_EVERY_S)

    async def _watch(self, handle: Handle) -> None:
        good, bad, last_good = 0, 0, asyncio.get_running_loop().time()
        while True:
            pause = FAST_PROBE_EVERY_S if self.state is ReplicaState.EJECTED else PROBE_EVERY_S
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
