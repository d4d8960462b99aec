"""The protocol of launchers, with the types of its arguments and answers and its errors.

The platform knows only this module and `launchers.registry`; it does not depend on where a container runs.
"""

from __future__ import annotations

import signal
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Protocol, Self

from launchers.outcome import Cause, End, SchedulerReport, signal_of
from launchers.spec import SCHEMA, LaunchSpec, Mount, fields_of

__all__ = [
    "Cause",
    "ChannelRejected",
    "Handle",
    "Handles",
    "ImageMissing",
    "LaunchError",
    "LaunchSpec",
    "Launcher",
    "Mount",
    "NodeDown",
    "NodeHealth",
    "State",
    "Status",
    "last_lines",
]


class LaunchError(Exception):
    """A launcher could not execute a request.

    Parameters
    ----------
    kind : str
        The launcher's kind.
    reason : str
        One sentence for a person: what happened, where, and what to do.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class NodeDown(LaunchError):
    """The node does not answer; the state of what runs there is not known."""


class ChannelRejected(NodeDown):
    """The node is reached over SSH, but its server does not open what was requested."""


class ImageMissing(LaunchError):
    """The node does not have the image and cannot fetch it."""


@dataclass(frozen=True)
class Handle:
    """Identifies one launch; it stays valid over a restart of the platform.

    Attributes
    ----------
    launcher : str
        Kind of the launcher.
    name : str
        The specification's name.
    identifier : str
        Identifier of this start; a later start under the same name (after `Launcher.remove`) has another one.
    address : str or None
        ``http://HOST:PORT`` where the specification has a port. It answers once the command has opened it.
    """

    launcher: str
    name: str
    identifier: str
    address: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the fields that `from_json` takes."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the handle that `to_json` described.

        Parameters
        ----------
        obj : mapping
            The JSON object.

        Returns
        -------
        Self
            An equal handle.

        Raises
        ------
        ValueError
            If the object describes none, or one of another schema.
        """
        try:
            return cls(**fields_of(obj, "handle"))
        except TypeError as error:
            raise ValueError(f"handle: {error}") from error


class State(StrEnum):
    """The state of a launch."""

    STARTING = "starting"  # the node has accepted it; the command does not run yet
    RUNNING = "running"
    EXITED = "exited"  # ended; see exit_code and cause
    MISSING = "missing"  # the node answers and does not know the handle
    UNKNOWN = "unknown"  # the node answers but cannot tell; query again


@dataclass(frozen=True)
class Status:
    """The state of a launch and, of one that ended, how it ended.

    Attributes
    ----------
    state : State
        Its state.
    exit_code : int or None
        128 + n when signal n ended it; None while it runs, or if the end was not observed.
    reason : str
        One sentence for a person ("killed: out of memory (limit 2048 MB)"); may be
        empty. Programs use the other fields.
    cause : Cause or None
        What ended it; None while it runs, and when it ended by itself.
    limit : int or None
        The limit that was exceeded: MB for `Cause.MEMORY`, seconds for `Cause.TIME`.
    scheduler : SchedulerReport or None
        What a cluster's scheduler reports of the end, where it decided.
    held_s : float or None
        Of a launch in parts: the seconds that its parts have held what each was given, added up.
    """

    state: State
    exit_code: int | None = None
    reason: str = ""
    cause: Cause | None = None
    limit: int | None = None
    scheduler: SchedulerReport | None = None
    held_s: float | None = None

    @classmethod
    def ended(cls, end: End) -> Self:
        """Return the status of a launch that ended."""
        return cls(State.EXITED, end.exit_code, end.reason, end.cause, end.limit, end.scheduler)

    @property
    def signal(self) -> signal.Signals | None:
        """The signal that ended it, if one did."""
        return signal_of(self.exit_code)

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes; an agent sends it."""
        end = End(self.exit_code, self.cause, self.limit, self.scheduler)
        told = {"state": self.state, "code": self.exit_code, "reason": self.reason, **end.to_json()}
        return told if self.held_s is None else {**told, "held_s": self.held_s}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the status that `to_json` described."""
        end = End.from_json(obj)
        return cls(
            State(obj["state"]), obj.get("code"), obj.get("reason", ""), end.cause, end.limit, end.scheduler,
            obj.get("held_s"),
        )  # fmt: skip


@dataclass(frozen=True)
class NodeHealth:
    """Whether a node can run launches.

    Attributes
    ----------
    ok : bool
        True if it can.
    reason : str
        Why not, and what to do, in one sentence; empty if `ok`.
    version : str
        Version of the container engine.
    details : mapping
        Size of the node (``cpus``, ``memory_mb``, ``gpus``) and facts of this kind of launcher.
    """

    ok: bool
    reason: str = ""
    version: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)


def last_lines(data: bytes, count: int | None) -> bytes:
    """Return the last `count` lines of `data`; all of it where `count` is None."""
    if count is None:
        return data
    return b"".join(data.splitlines(keepends=True)[-count:]) if count > 0 else b""


#: Inside the class, `Launcher.list` hides the builtin.
Handles = list[Handle]


class Launcher(Protocol):
    """Starts, observes, stops and finds launches on one node.

    Every method may raise `NodeDown`. A name, its status and its logs stay until `remove`, even after an end.
    Launches outlive this object and the platform's process.
    """

    @property
    def kind(self) -> str:
        """The kind, as in `launchers.registry.KINDS`."""

    async def start(self, spec: LaunchSpec) -> Handle:
        """Start a launch, or return the handle of the one that has this name already.

        Of concurrent starts under one name, one starts and all return the same handle.

        Parameters
        ----------
        spec : LaunchSpec
            What to start; of a launch that exists, only the name is used.

        Returns
        -------
        Handle
            Identifies the launch.

        Raises
        ------
        ImageMissing
            If the node does not have the image.
        LaunchError
            If the node rejects the specification. A command that cannot be executed is no error here: it has
            exited, with 126 or 127.
        """

    async def status(self, handle: Handle) -> Status:
        """Return the status; `State.MISSING`, never an error, for a launch that the node does not know."""

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """Send SIGTERM, kill it after `grace_s` seconds, and return when it has ended.

        A launch that has ended or is missing is left as it is.
        """

    async def remove(self, handle: Handle) -> None:
        """Kill it if it runs, delete its record and logs, and free its name; mounted folders stay."""

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """Return its standard output and error, or their last `tail` lines; empty if it is missing.

        Launchers keep some 10 MB of output; older output is dropped.
        """

    async def find(self, name: str) -> Handle | None:
        """Return the handle of a launch that was started under this name and not removed."""

    async def list(self, owner: str) -> Handles:
        """Return the launches of an owner that were not removed, running or not."""

    async def probe(self) -> NodeHealth:
        """Return whether the node can run launches; never raises."""

    async def prepare(self, image: str) -> str:
        """Fetch the image to the node and return its immutable name for `LaunchSpec.image`.

        Parameters
        ----------
        image : str
            A reference that the launcher understands, for example with a tag.

        Raises
        ------
        ImageMissing
            If the image cannot be fetched.
        """

    async def close(self) -> None:
        """Close connections; launches keep running."""
