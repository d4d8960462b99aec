"""`FakeLauncher`: the launcher protocol over a node in memory."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from launchers.base import (
    Handle,
    Handles,
    ImageMissing,
    LaunchSpec,
    NodeDown,
    NodeHealth,
    State,
    Status,
    last_lines,
)
from launchers.fake.node import FakeNode, FakeRun
from launchers.outcome import Cause


class FakeLauncher:
    """The launcher protocol over a `FakeNode`."""

    kind = "fake"

    def __init__(self, node: FakeNode | None = None) -> None:
        self.node = node or FakeNode()
        self.closed = False

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        await self._reach()
        return self.node.launch(self.kind, spec)

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`."""
        run = await self._run(handle)
        if run is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this node")
        if run.end is None:
            return Status(run.state, None, run.reason)
        status = Status.ended(run.end)
        return replace(status, reason=run.reason) if run.reason else status

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:  # noqa: ARG002 nothing takes time here
        """See `launchers.base.Launcher.stop`."""
        run = await self._run(handle)
        if run is None or run.state is State.EXITED:
            return
        self.node.stopped.append(handle.name)
        code = 137 if run.script.on_stop is None else run.script.on_stop
        self.node.finish(handle.name, code, cause=Cause.STOPPED)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        if await self._run(handle) is not None:
            self.node.lose(handle.name)

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        run = await self._run(handle)
        return last_lines(run.output if run else b"", tail)

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        await self._reach()
        run = self.node.runs.get(name)
        return run.handle if run else None

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        await self._reach()
        return [run.handle for run in self.node.runs.values() if run.spec.owner == owner]

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        details = {"cpus": 4, "memory_mb": 8192, "gpus": 0}
        return NodeHealth(not self.node.down, self.node.down, "1", details)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`; the reference is taken as it is."""
        await self._reach()
        if self.node.images is not None and image not in self.node.images:
            raise ImageMissing(self.kind, f"image {image} cannot be fetched")
        return image

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        self.closed = True

    async def _reach(self) -> None:
        await asyncio.sleep(0)  # a real node is never reached without the loop turning
        if self.node.down:
            raise NodeDown(self.kind, self.node.down)

    async def _run(self, handle: Handle) -> FakeRun | None:
        await self._reach()
        return self.node.get(handle)
