"""A launcher without a real node: commands are scripts, and tests decide when they end.

`FakeNode` holds the state and outlives a `FakeLauncher`, so that a restart of the platform is a second
launcher on the same node::

    node = FakeNode()
    launcher = FakeLauncher(node)
    handle = await launcher.start(spec)
    node.finish(spec.name, 1, b"no such column")
    assert (await FakeLauncher(node).status(handle)).exit_code == 1
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from launchers.base import (
    Handle,
    Handles,
    ImageMissing,
    LaunchError,
    LaunchSpec,
    NodeDown,
    NodeHealth,
    State,
    Status,
    last_lines,
)
from launchers.outcome import Cause, End


@dataclass(frozen=True)
class Script:
    """What a fake command does.

    Attributes
    ----------
    exit_code : int or None
        Ends at once with this code; None: runs until `FakeNode.finish` or a stop.
    output : bytes
        Its output.
    on_stop : int or None
        Exit code on SIGTERM; None: ignores SIGTERM and is killed (137).
    starting : bool
        Stays in `State.STARTING` until `FakeNode.begin`.
    reason : str
        Replaces the sentence that is made of the exit code and the cause.
    cause : Cause or None
        What ended it, if it did not end by itself.
    """

    exit_code: int | None = None
    output: bytes = b""
    on_stop: int | None = 143
    starting: bool = False
    reason: str = ""
    cause: Cause | None = None


@dataclass
class _Run:
    spec: LaunchSpec
    handle: Handle
    script: Script
    began: float
    state: State
    output: bytes
    end: End | None = None
    reason: str = ""


@dataclass
class FakeNode:
    """A node in memory.

    Attributes
    ----------
    behave : callable
        Returns the script of a specification; it may write into the mounted folders, as a container would.
    clock : callable
        Seconds; replace it to make walltimes pass.
    images : set of str or None
        The images that the node has; None: all.
    down : str
        Not empty: every call raises `NodeDown` with this reason.
    reject : str
        Not empty: every start raises `LaunchError` with this reason.
    lose_answers : int
        Number of next starts that take effect although the caller gets `NodeDown`: the ambiguous case.
    started : list of LaunchSpec
        Specifications that were started, in order.
    stopped : list of str
        Names of running launches that were stopped, in order.
    """

    behave: Callable[[LaunchSpec], Script] = field(default=lambda _: Script())
    clock: Callable[[], float] = time.monotonic
    images: set[str] | None = None
    down: str = ""
    reject: str = ""
    lose_answers: int = 0
    started: list[LaunchSpec] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    _runs: dict[str, _Run] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, name: str) -> None:
        """Set a starting launch to running."""
        self._runs[name].state = State.RUNNING

    def finish(
        self,
        name: str,
        exit_code: int = 0,
        output: bytes = b"",
        *,
        reason: str = "",
        cause: Cause | None = None,
        limit: int | None = None,
    ) -> None:
        """End a launch.

        Parameters
        ----------
        name : str
            Name of the launch.
        exit_code : int
            Its exit code.
        output : bytes
            Appended to its output.
        reason : str
            Replaces the sentence that is made of the other parameters.
        cause : Cause, optional
            What ended it, if it did not end by itself.
        limit : int, optional
            The limit that it exceeded.
        """
        run = self._runs[name]
        run.state, run.end, run.reason = State.EXITED, End(exit_code, cause, limit), reason
        run.output += output

    def lose(self, name: str) -> None:
        """Drop a launch, as a reinstalled node does."""
        del self._runs[name]

    def puzzle(self, name: str) -> None:
        """Make the state of a launch unknown."""
        self._runs[name].state = State.UNKNOWN

    def specification(self, name: str) -> LaunchSpec:
        """Return the specification of a launch; `KeyError` if there is none."""
        return self._runs[name].spec

    def _launch(self, kind: str, spec: LaunchSpec) -> Handle:
        if spec.name in self._runs:
            return self._runs[spec.name].handle
        if self.reject:
            raise LaunchError(kind, self.reject)
        if self.images is not None and spec.image not in self.images:
            raise ImageMissing(kind, f"image {spec.image} is not on this node")
        number = next(self._numbers)
        address = f"http://fake-{number}.invalid:5000" if spec.port else None
        handle = Handle(kind, spec.name, str(number), address)
        script = self.behave(spec)
        state = State.STARTING if script.starting else State.RUNNING
        self._runs[spec.name] = _Run(spec, handle, script, self.clock(), state, script.output)
        self.started.append(spec)
        if script.exit_code is not None:
            self.finish(spec.name, script.exit_code, reason=script.reason, cause=script.cause)
        if self.lose_answers:
            self.lose_answers -= 1
            raise NodeDown(kind, "the connection was lost while it was starting")
        return handle

    def _get(self, handle: Handle) -> _Run | None:
        run = self._runs.get(handle.name)
        if run is None or run.handle.identifier != handle.identifier:
            return None
        limit = run.spec.walltime_s
        if run.state is State.RUNNING and limit is not None and self.clock() - run.began >= limit:
            self.finish(handle.name, 137, cause=Cause.TIME, limit=limit)
        return run


class FakeLauncher:
    """The launcher protocol over a `FakeNode`."""

    kind = "fake"

    def __init__(self, node: FakeNode | None = None) -> None:
        self.node = node or FakeNode()
        self.closed = False

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`."""
        await self._reach()
        return self.node._launch(self.kind, spec)  # noqa: SLF001 the node is this launcher's other half

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
        run = self.node._runs.get(name)  # noqa: SLF001 as above
        return run.handle if run else None

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        await self._reach()
        return [run.handle for run in self.node._runs.values() if run.spec.owner == owner]  # noqa: SLF001 as above

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

    async def _run(self, handle: Handle) -> _Run | None:
        await self._reach()
        return self.node._get(handle)  # noqa: SLF001 as above
