"""A launcher with timeouts: a node that does not answer in time is down."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

from launchers import Handle, Launcher, LaunchSpec, NodeDown, NodeHealth, Status
from launchers.base import Handles

T = TypeVar("T")


class TimeLimitedLauncher:
    """Delegates to a launcher; what takes longer than allowed raises `NodeDown`.

    A call that timed out may still take effect, so names are looked up before a launch is started again.

    `use` sets the real launcher; before, every call raises `NodeDown` with the reason in `absent`.

    Parameters
    ----------
    timeout_s : float
        Seconds for an answer.
    prepare_s : float
        Seconds for fetching an image.
    """

    def __init__(self, timeout_s: float, prepare_s: float) -> None:
        self._real: Launcher | None = None
        self.absent = "it has not been probed yet"
        self.images: set[str] = set()  # known to be on the node
        self._timeout_s = timeout_s
        self._prepare_s = prepare_s

    def use(self, launcher: Launcher) -> None:
        """Set the launcher that calls are delegated to."""
        self._real = launcher

    @property
    def kind(self) -> str:
        """Kind of the launcher; empty until there is one."""
        return self._real.kind if self._real else ""

    @property
    def _launcher(self) -> Launcher:
        if self._real is None:
            raise NodeDown("node", self.absent)
        return self._real

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        return await self._within(self._timeout_s, self._launcher.start(spec))

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`."""
        return await self._within(self._timeout_s, self._launcher.status(handle))

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""
        await self._within(self._timeout_s + grace_s, self._launcher.stop(handle, grace_s))

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        await self._within(self._timeout_s, self._launcher.remove(handle))

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        return await self._within(self._timeout_s, self._launcher.logs(handle, tail))

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        return await self._within(self._timeout_s, self._launcher.find(name))

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        return await self._within(self._timeout_s, self._launcher.list(owner))

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            return await self._within(self._timeout_s, self._launcher.probe())
        except NodeDown as error:  # from the timeout; the real launcher never raises it
            return NodeHealth(False, error.reason)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`."""
        fixed = await self._within(self._prepare_s, self._launcher.prepare(image))
        self.images |= {image, fixed}
        return fixed

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        if self._real is not None:
            await self._real.close()

    async def _within(self, seconds: float, answer: Awaitable[T]) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await answer
        except TimeoutError as error:
            raise NodeDown(self.kind, f"no answer within {seconds:g} s") from error
