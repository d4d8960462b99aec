"""A Docker engine, on this host or another one: the launcher protocol over `launchers.docker.launches`.

Unless the engine is on this host, what is mounted is copied (`launchers.docker.files`), and a port over ``ssh://``
is reached by a tunnel.
"""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

from launchers.base import Handle, Handles, LaunchError, LaunchSpec, NodeHealth, State, Status
from launchers.docker import container
from launchers.docker.connection import DockerConnection, EngineAddress
from launchers.docker.create import ContainerCreator
from launchers.docker.files import DockerFiles
from launchers.docker.launches import DockerLaunches
from launchers.docker.options import DockerOptions
from launchers.remote.single_flight import SingleFlight

#: Seconds between two fetches of the results of a launch on another host.
FRESH_S = 1.0


class DockerLauncher:
    """The launcher protocol over one Docker engine.

    Parameters
    ----------
    state : Path, optional
        A folder of this machine, required for an engine on another host: where its results belong.
    options : DockerOptions, optional
        Where the engine is (unless it is on this host, what is mounted is copied), the files that open it,
        and how many graphics processors its host has (it does not tell): no two containers share one.
        ``gpus`` 0: not known, and any is given.
    uid : int
        User and group id, without an account, of containers whose writable folders belong to root.
    timeout_s : float
        Seconds after which an engine that does not answer is down.
    """

    kind = "docker"

    def __init__(
        self,
        state: Path | None = None,
        options: DockerOptions | None = None,
        *,
        uid: int = container.UNPRIVILEGED,
        timeout_s: float = 30,
    ) -> None:
        options = options or DockerOptions()
        address = EngineAddress(options)
        self._connection = DockerConnection(address, timeout_s)
        files = None
        if address.scheme != "unix":
            if state is None:
                raise LaunchError(self.kind, f"{address.place} is on another host: that needs a folder here")
            files = DockerFiles(self._connection, state.absolute() / "launches")
        self._elsewhere = files is not None
        creator = ContainerCreator(self._connection, files, uid, options.gpus)
        self._launches = DockerLaunches(self._connection, creator, files, options.gpus)
        self._single_flight = SingleFlight()
        self._brought_at: dict[str, float] = {}

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`; copying continues if the caller is cancelled."""
        handle: Handle = await self._single_flight(
            f"start {spec.name}", lambda: self._connection.call(self._launches.start, spec)
        )
        return await self._reachable(handle)

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`; remote results are fetched before an end is reported."""
        status: Status = await self._connection.call(self._launches.status, handle)
        if self._elsewhere:
            await self._bring(handle, status.state)
        return status

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`; whole seconds of grace, rounded up."""
        await self._connection.call(self._launches.stop, handle, grace_s)
        if self._elsewhere:
            await self.status(handle)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        self._brought_at.pop(handle.identifier, None)
        await self._connection.call(self._launches.remove, handle)

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        return await self._connection.call(self._launches.logs, handle, tail)

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        found = await self._connection.call(self._launches.find, name)
        return await self._reachable(found) if found else None

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        found = await self._connection.call(self._launches.list, owner)
        return [await self._reachable(handle) for handle in found]

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            return await self._connection.call(self._launches.probe)
        except LaunchError as error:
            return NodeHealth(False, error.reason)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`; pulls an image that is missing.

        An engine on another host also gets what only this host's engine has, and the path of an archive of
        ``docker save`` may be given.
        """
        identifier: str = await self._single_flight(
            f"prepare {image}",
            lambda: self._connection.call(self._launches.prepare, image),
        )
        return identifier

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        await self._single_flight.cancel()
        await self._connection.close()

    async def _reachable(self, handle: Handle) -> Handle:
        """Return the handle with an address that is reachable from this host."""
        if self._connection.tunnels is None:
            return handle
        return replace(handle, address=await self._connection.tunnels.address(handle.address))

    async def _bring(self, handle: Handle, state: State) -> None:
        ended = state is State.EXITED
        fresh = time.monotonic() - self._brought_at.get(handle.identifier, -math.inf) < FRESH_S
        if not ended and (fresh or state is not State.RUNNING):
            return
        self._brought_at[handle.identifier] = time.monotonic()
        whole = False
        while not whole:  # a fetch that began before the end is completed first
            whole = (
                await self._single_flight(
                    f"bring {handle.identifier}",
                    lambda: self._connection.call(self._launches.bring, handle, ended),
                )
                or not ended
            )
