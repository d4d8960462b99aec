"""`FakeNode`: a node in memory."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from launchers.base import Handle, ImageMissing, LaunchError, LaunchSpec, NodeDown, State
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
class FakeRun:
    """A launch on a fake node."""

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
    runs : dict of str to FakeRun
        The launches by name.
    """

    behave: Callable[[LaunchSpec], Script] = field(default=lambda _: Script())
    clock: Callable[[], float] = time.monotonic
    images: set[str] | None = None
    down: str = ""
    reject: str = ""
    lose_answers: int = 0
    started: list[LaunchSpec] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    runs: dict[str, FakeRun] = field(default_factory=dict)
    _numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def begin(self, name: str) -> None:
        """Set a starting launch to running."""
        self.runs[name].state = State.RUNNING

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
        run = self.runs[name]
        run.state, run.end, run.reason = State.EXITED, End(exit_code, cause, limit), reason
        run.output += output

    def lose(self, name: str) -> None:
        """Drop a launch, as a reinstalled node does."""
        del self.runs[name]

    def puzzle(self, name: str) -> None:
        """Make the state of a launch unknown."""
        self.runs[name].state = State.UNKNOWN

    def specification(self, name: str) -> LaunchSpec:
        """Return the specification of a launch; `KeyError` if there is none."""
        return self.runs[name].spec

    def launch(self, kind: str, spec: LaunchSpec) -> Handle:
        """Start a script, as `launchers.base.Launcher.start` does.

        Raises
        ------
        ImageMissing
            If `images` lacks the image.
        LaunchError
            If `reject` is set.
        NodeDown
            If this answer is one of `lose_answers`.
        """
        if spec.name in self.runs:
            return self.runs[spec.name].handle
        if self.reject:
            raise LaunchError(kind, self.reject)
        if self.images is not None and spec.image not in self.images:
            raise ImageMissing(kind, f"image {spec.image} is not on this node")
        number = next(self._numbers)
        address = f"http://fake-{number}.invalid:5000" if spec.port else None
        handle = Handle(kind, spec.name, str(number), address)
        script = self.behave(spec)
        state = State.STARTING if script.starting else State.RUNNING
        self.runs[spec.name] = FakeRun(spec, handle, script, self.clock(), state, script.output)
        self.started.append(spec)
        if script.exit_code is not None:
            self.finish(spec.name, script.exit_code, reason=script.reason, cause=script.cause)
        if self.lose_answers:
            self.lose_answers -= 1
            raise NodeDown(kind, "the connection was lost while it was starting")
        return handle

    def get(self, handle: Handle) -> FakeRun | None:
        """Return the run of a handle, ended if its walltime has passed; None if there is none."""
        run = self.runs.get(handle.name)
        if run is None or run.handle.identifier != handle.identifier:
            return None
        limit = run.spec.walltime_s
        if run.state is State.RUNNING and limit is not None and self.clock() - run.began >= limit:
            self.finish(handle.name, 137, cause=Cause.TIME, limit=limit)
        return run
