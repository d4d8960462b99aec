"""udocker on another host, as an ordinary user over SSH: the udocker launcher there, asked by messages.

What is mounted is copied, what is written comes back, and a port is reached by a tunnel.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchers.base import Handle, LaunchError, LaunchSpec, NodeHealth
from launchers.remote.connection import Connection
from launchers.remote.launcher import AgentLauncher
from launchers.remote.ssh import SshShell
from launchers.remote.tunnel import Tunnels

FOLDER = "~/huggins-udocker"


class RemoteUdockerLauncher(AgentLauncher):
    """The launcher protocol over udocker on another host.

    Parameters
    ----------
    state : Path
        A folder of this machine: where its results belong here.
    url : str
        ``ssh://USER@HOST:PORT``.
    folder : str
        Ours on the host: a folder on a disk of its own (locks), this platform's alone.
    shared : sequence of str
        Folders that the host sees under the same path: what lies there is not copied.
    ssh_key, known_hosts : str
        See `launchers.remote.ssh.SshShell`.
    python : str
        Python 3.11 or newer on the host.
    udocker_tarball : str
        Archive of udocker's engine on the host; empty: udocker fetches it.
    gpus : int
        How many graphics processors may be used; 0: all that it has.
    """

    kind = "udocker"

    def __init__(
        self,
        state: Path,
        url: str,
        *,
        folder: str = "",
        shared: Sequence[str] = (),
        ssh_key: str = "",
        known_hosts: str = "",
        python: str = "python3",
        udocker_tarball: str = "",
        gpus: int = 0,
    ) -> None:
        shell = SshShell(url, ssh_key, known_hosts, self.kind)
        environment = {"HUGGINS_GPUS": str(gpus)} if gpus else {}
        if udocker_tarball:
            environment["UDOCKER_TARBALL"] = udocker_tarball
        agent = Connection(shell, folder or FOLDER, python, environment, self.kind)
        super().__init__(agent, state, shared)
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
        await self._once.cancel()
        await self._tunnels.close()

    def _check(self, spec: LaunchSpec) -> None:
        """Leave it to the launcher there."""

    async def _launch(self, there: LaunchSpec) -> Mapping[str, Any]:
        answer: Mapping[str, Any] = await self._agent.ask("start", spec=there.to_json())
        return answer

    async def _find(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._agent.ask("find", name=name)
        return found

    async def _reachable(self, handle: Handle) -> Handle:
        return replace(handle, address=await self._tunnels.address(handle.address))
