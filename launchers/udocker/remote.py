"""udocker on another host over SSH, as an ordinary user: an agent calls the udocker launcher there.

Mounts are copied there, results are fetched, and a port is reached through a tunnel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchers.base import Handle, LaunchError, LaunchSpec, NodeHealth
from launchers.remote.connection import AgentConnection
from launchers.remote.launcher import AgentLauncher
from launchers.remote.ssh import SshShell
from launchers.remote.tunnel import Tunnels
from launchers.udocker.options import UdockerOptions

FOLDER = "~/huggins-udocker"


class RemoteUdockerLauncher(AgentLauncher):
    """The launcher protocol over udocker on another host.

    Parameters
    ----------
    state : Path
        A folder of this machine, for the records of where results belong.
    options : UdockerOptions
        ``url`` is ``ssh://USER@HOST:PORT``; ``folder`` lies on a disk of that host (locks) and is this
        platform's alone.
    """

    kind = "udocker"

    def __init__(self, state: Path, options: UdockerOptions) -> None:
        shell = SshShell(options.url, options.ssh_key, options.known_hosts, self.kind)
        environment = {"HUGGINS_GPUS": str(options.gpus)} if options.gpus else {}
        if options.udocker_tarball:
            environment["UDOCKER_TARBALL"] = options.udocker_tarball
        agent = AgentConnection(shell, options.folder or FOLDER, options.python, environment, self.kind)
        super().__init__(agent, state, options.shared)
        self._tunnels = Tunnels(shell)

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""
        if not await self._running(handle):
            return
        await self._agent.ask("stop", handle=handle.to_json(), grace_s=grace_s)
        self._changed_at = time.monotonic()
        await self.status(handle)

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            return NodeHealth(**await self._agent.ask("probe"))
        except LaunchError as error:
            return NodeHealth(False, error.reason)

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        await self._single_flight.cancel()
        await self._tunnels.close()

    def _check(self, spec: LaunchSpec) -> None:
        """Leave the check to the launcher there."""

    async def _launch(self, there: LaunchSpec) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = await self._agent.ask("start", spec=there.to_json())
        return answer

    async def _find(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._agent.ask("find", name=name)
        return found

    async def _reachable(self, handle: Handle) -> Handle:
        return replace(handle, address=await self._tunnels.address(handle.address))
