"""What every launcher takes, gives back and promises: the types and the protocol.

The platform knows only this file (and `registry`): where a container really runs makes no difference to it.
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
    """A launcher could not do what was asked.

    Parameters
    ----------
    kind : str
        The launcher's kind.
    reason : str
        One sentence for a person: what happened, where, what to do.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(f"{kind}: {reason}")
        self.kind = kind
        self.reason = reason


class NodeDown(LaunchError):
    """The node does not answer: nothing is known about what runs there, so nothing may be concluded."""


class ChannelRejected(NodeDown):
    """The node is reached over SSH, but its server does not open what was requested."""


class ImageMissing(LaunchError):
    """The image is not on the node and cannot be fetched."""


@dataclass(frozen=True)
class Handle:
    """A name that was started, as its launcher knows it; keeps its meaning over a restart of the platform.

    Attributes
    ----------
    launcher : str
        Kind of the launcher.
    name : str
        The specification's name.
    identifier : str
        The launcher's own: another start under the same name (after `Launcher.remove`) has another one.
    address : str or None
        ``http://HOST:PORT`` where a port was asked for. Somebody answers there only when what runs inside has
        opened it.
    """

    launcher: str
    name: str
    identifier: str
    address: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Make the handle that `to_json` described; `ValueError` if it is none."""
        try:
            return cls(**fields_of(obj, "handle"))
        except TypeError as error:
            raise ValueError(f"handle: {error}") from error


class State(StrEnum):
    """Where it stands."""

    STARTING = "starting"  # the node has it, the command does not run yet
    RUNNING = "running"
    EXITED = "exited"  # ended, however it ended; see exit_code and reason
    MISSING = "missing"  # the node answers and has nothing of that handle
    UNKNOWN = "unknown"  # the node answers but cannot tell; ask again, conclude nothing


@dataclass(frozen=True)
class Status:
    """A state and how it came to it.

    Attributes
    ----------
    state : State
        Where it stands.
    exit_code : int or None
        128 + n when signal n ended it; None while it runs, or when nobody saw the end.
    reason : str
        One sentence for a person ("killed: out of memory (limit 2048 MB)"); empty if there is nothing to say.
        Programs look at the other fields.
    cause : Cause or None
        What ended it; None while it runs, and when it ended by itself.
    limit : int or None
        The limit that was exceeded: MB for `Cause.MEMORY`, seconds for `Cause.TIME`.
    scheduler : SchedulerReport or None
        What a cluster's scheduler reports of the end, where it decided.
    """

    state: State
    exit_code: int | None = None
    reason: str = ""
    cause: Cause | None = None
    limit: int | None = None
    scheduler: SchedulerReport | None = None

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
        return {"state": self.state, "code": self.exit_code, "reason": self.reason, **end.to_json()}

    @classmethod
    def from_json(cls, obj: Mapping[str, Any]) -> Self:
        """Return the status that `to_json` described."""
        end = End.from_json(obj)
        reason = obj.get("reason", "")
        return cls(State(obj["state"]), obj.get("code"), reason, end.cause, end.limit, end.scheduler)


@dataclass(frozen=True)
class NodeHealth:
    """Whether a node can take work.

    Attributes
    ----------
    ok : bool
        It can.
    reason : str
        If not, why not and what to do: one sentence.
    version : str
        Of the engine.
    details : mapping
        What is known of the node: ``cpus``, ``memory_mb``, ``gpus``, and the launcher's own.
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


#: `Launcher.list` hides the builtin inside the class.
Handles = list[Handle]


class Launcher(Protocol):
    """Start, watch, stop and find what runs on one node.

    Every method may raise `NodeDown`. A name stays taken, with its status and logs, until `remove`: also by
    what has ended. All of it outlives the object and the platform's process.
    """

    @property
    def kind(self) -> str:
        """``process``, ``docker`` …: what `registry.create` was asked for."""

    async def start(self, spec: LaunchSpec) -> Handle:
        """Start it, or return the handle of what already has this name, whatever the rest of `spec` says.

        Of simultaneous starts under one name, one starts and all get the same handle.

        Raises
        ------
        ImageMissing
            If the node does not have the image.
        LaunchError
            If the node refuses what is asked for. A command that cannot be executed is no error here: it
            has exited, with 126 or 127.
        """

    async def status(self, handle: Handle) -> Status:
        """Say where it stands; what the node does not know is `State.MISSING`, never an error."""

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """Ask it to end (SIGTERM), kill it after `grace_s` seconds, return when it has ended.

        What has ended already, or is missing, is left alone.
        """

    async def remove(self, handle: Handle) -> None:
        """Kill it if it runs, forget it and its logs, free its name. Mounted folders are not touched."""

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """Return its standard output and error, the last `tail` lines of it; empty if it is missing.

        Old output is dropped where there is more than the launcher keeps (some 10 MB).
        """

    async def find(self, name: str) -> Handle | None:
        """Return the handle of that name, if it was started here and not removed."""

    async def list(self, owner: str) -> Handles:
        """Return all that has that owner and was not removed, running or not."""

    async def probe(self) -> NodeHealth:
        """Say whether the node can take work; never raises."""

    async def prepare(self, image: str) -> str:
        """Have the image on the node before it is needed; return its unchanging name for `LaunchSpec.image`.

        Parameters
        ----------
        image : str
            Any reference that the launcher understands, also with a tag.

        Raises
        ------
        ImageMissing
            If it cannot be had.
        """

    async def close(self) -> None:
        """Let go of connections. What runs, runs on."""
