"""Base of launchers that work through an agent on another machine."""

from __future__ import annotations

import asyncio
import base64
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchers.base import Handle, Handles, LaunchError, LaunchSpec, NodeDown, NodeHealth, State, Status
from launchers.remote.connection import AgentConnection
from launchers.remote.files import CopiedFiles
from launchers.remote.images import CopiedImages
from launchers.remote.single_flight import SingleFlight
from launchers.spec import NAME

#: Seconds for which one answer about all launches is reused.
FRESH_S = 1.0


class AgentLauncher(ABC):
    """A launcher whose work is done by an agent on another machine.

    Parameters
    ----------
    agent : AgentConnection
        The connection to the agent.
    state : Path
        A folder of this machine, for the records of where results belong.
    shared : sequence of str
        Folders that the other machine has under the same path; files there are not copied.
    """

    kind: str

    def __init__(self, agent: AgentConnection, state: Path, shared: Sequence[str] = ()) -> None:
        self._agent = agent
        self._images = CopiedImages(agent)
        self._files = CopiedFiles(agent, state.absolute() / "launches", shared)
        self._single_flight = SingleFlight()
        self._polling = asyncio.Lock()
        self._seen: Mapping[str, Any] = {}
        self._seen_at = self._changed_at = -math.inf

    @abstractmethod
    def _check(self, spec: LaunchSpec) -> None:
        """Raise `LaunchError` for a specification that this launcher cannot run."""

    @abstractmethod
    async def _launch(self, there: LaunchSpec) -> Mapping[str, Any]:
        """Start a specification whose files have been copied; return the handle as JSON."""

    @abstractmethod
    async def _find(self, name: str) -> Mapping[str, Any] | None:
        """Return the handle of a name as JSON, or None."""

    @abstractmethod
    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""

    @abstractmethod
    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`; copying continues if the caller is cancelled."""
        handle: Handle = await self._single_flight(f"start {spec.name}", lambda: self._start(spec))
        return await self._reachable(handle)

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`; results are fetched before an end is reported."""
        seen = await self._of(handle)
        if seen is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this node")
        if seen["state"] == State.EXITED:
            name = handle.name
            await self._single_flight(f"bring {name}", lambda: self._files.bring([name], ended=True))
        return Status.from_json(seen)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        await self.stop(handle, 0)
        if await self._of(handle) is not None:
            await self._agent.ask("forget", name=handle.name)
            self._files.forget(handle.name)
            self._changed_at = time.monotonic()

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        if await self._of(handle) is None:
            return b""
        return base64.b64decode(await self._agent.ask("logs", name=handle.name, tail=tail))

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        if not NAME.fullmatch(name):
            return None
        found = await self._find(name)
        return await self._reachable(Handle.from_json(found)) if found else None

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        self._changed_at = time.monotonic()
        seen = await self._statuses()
        handles = [Handle.from_json(one["handle"]) for one in seen.values() if one["owner"] == owner]
        return [await self._reachable(handle) for handle in handles]

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`.

        A tag is pulled there; an image that only the local Docker engine has, or the path of an archive, is
        copied.
        """
        return str(await self._single_flight(f"prepare {image}", lambda: self._images.stage(image)))

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        await self._single_flight.cancel()
        await self._agent.shell.close()

    async def _reachable(self, handle: Handle) -> Handle:
        """Return the handle with an address that is reachable from this host."""
        return handle

    async def _start(self, spec: LaunchSpec) -> Handle:
        self._check(spec)
        for mount in spec.mounts:
            if not await asyncio.to_thread(mount.source.exists):
                raise LaunchError(self.kind, f"{mount.source}, to be seen as {mount.target}, is not there")
        found = await self._find(spec.name)
        if found is not None:
            return Handle.from_json(found)
        await self._agent.arrive()
        there = replace(spec, mounts=await self._files.place(spec))
        try:
            answer = await self._launch(there)
        except NodeDown:
            raise  # it may have started
        except LaunchError:
            await self._agent.ask("forget", name=spec.name)  # removes its copied files
            self._files.forget(spec.name)
            raise
        self._changed_at = time.monotonic()
        return Handle.from_json(answer)

    async def _of(self, handle: Handle) -> Mapping[str, Any] | None:
        seen = (await self._statuses()).get(handle.name)
        if (
            seen is None
            or seen["handle"]["identifier"] != handle.identifier
            or seen["state"] == State.MISSING
        ):
            return None
        return dict(seen)

    async def _running(self, handle: Handle) -> bool:
        seen = await self._of(handle)
        return seen is not None and seen["state"] != State.EXITED

    async def _statuses(self) -> Mapping[str, Any]:
        """Return the status of all launches, at most `FRESH_S` old; fetches results of those that run."""
        asked = time.monotonic()
        async with self._polling:
            if self._seen_at < max(asked - FRESH_S, self._changed_at):
                began = time.monotonic()
                seen = await self._agent.ask("statuses")
                await self._files.bring([name for name, one in seen.items() if one["state"] == State.RUNNING])
                self._seen, self._seen_at = seen, began
            return self._seen
