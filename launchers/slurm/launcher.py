"""The kind ``slurm``: one job per launch on a cluster, as an ordinary user, which runs the image by udocker.

All work on the cluster is done by one program (`launchers.slurm.agent`) that is copied to the login node and
called over SSH, or called on this host. Mounts are copied to the cluster and results are fetched while the
job runs, except in folders that the cluster shares. Reasons: docs/decisions/slurm.md.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from launchers.base import Handle, LaunchError, LaunchSpec, NodeHealth
from launchers.remote.connection import AgentConnection
from launchers.remote.launcher import AgentLauncher
from launchers.remote.ssh import LocalShell, SshShell
from launchers.slurm.options import RUNTIMES, UDOCKER, SlurmOptions
from launchers.slurm.script import script

#: Seconds after a lost answer of sbatch in which its job may still appear.
SETTLE_S = 60.0

FOLDER = "~/huggins"

_WORD = re.compile(r"[\w.,:+-]*")


class SlurmLauncher(AgentLauncher):
    """The launcher protocol over Slurm.

    Parameters
    ----------
    state : Path
        A folder of this machine, for the records of where results belong.
    options : SlurmOptions, optional
        ``url`` is ``ssh://USER@HOST:PORT`` of the login node, empty: Slurm's commands are on this host;
        ``folder`` is seen by login and compute nodes under one path.
    settle_s : float
        See `SETTLE_S`.
    """

    kind = "slurm"

    def __init__(
        self,
        state: Path,
        options: SlurmOptions | None = None,
        *,
        settle_s: float = SETTLE_S,
    ) -> None:
        options = options or SlurmOptions()
        self._requests = {name: getattr(options, name) for name in ("partition", "account", "qos")}
        for name, value in self._requests.items():
            if not _WORD.fullmatch(value):
                raise LaunchError(self.kind, f"{name} {value!r} cannot be the name of one")
        self._runtime = options.runtime or UDOCKER
        if self._runtime not in RUNTIMES:
            raise LaunchError(self.kind, f"runtime {self._runtime!r} is none of {', '.join(RUNTIMES)}")
        shell = SshShell(options.url, options.ssh_key, options.known_hosts) if options.url else LocalShell()
        environment = {"HUGGINS_RUNTIME": self._runtime}
        if options.udocker_tarball:
            environment["UDOCKER_TARBALL"] = options.udocker_tarball
        agent = AgentConnection(shell, options.folder or FOLDER, options.python, environment)
        super().__init__(agent, state, options.shared)
        self._settle_s = settle_s

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""
        if not await self._running(handle):
            return
        await self._agent.ask("cancel", name=handle.name, grace_s=grace_s, settle_s=self._settle_s)
        self._changed_at = time.monotonic()
        kill_at = time.monotonic() + grace_s + 15
        while await self._running(handle):
            if time.monotonic() >= kill_at:
                await self._agent.ask("kill", name=handle.name)
                kill_at = math.inf
            await asyncio.sleep(0.2)
        await self.status(handle)

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            details = await self._agent.ask("probe", partition=self._requests["partition"])
        except LaunchError as error:
            return NodeHealth(False, error.reason)
        version = f"{details.pop('version')}, {self._runtime} {details.pop('runtime')}"
        details = {**details, "queues": True}
        partition = self._requests["partition"] or "the default one"
        if not details["nodes"]:
            return NodeHealth(False, f"the cluster has no partition {partition}", version, details)
        if not details["up"]:
            states = "; ".join(f"{name} is {state}" for name, state in details["nodes"].items())
            return NodeHealth(False, f"no node of its partition can be used: {states}", version, details)
        return NodeHealth(True, version=version, details=details)

    def _check(self, spec: LaunchSpec) -> None:
        if spec.port:
            raise LaunchError(self.kind, "a job of a cluster cannot serve on a port")
        if "\n" in spec.owner or not _WORD.fullmatch(spec.owner):
            raise LaunchError(self.kind, f"owner {spec.owner!r} cannot stand in a job's comment")

    async def _launch(self, there: LaunchSpec) -> Mapping[str, Any]:
        batch = script(there, self._agent, self._requests)
        answer: Mapping[str, Any] = await self._agent.ask(
            "submit", spec=there.to_json(), script=batch, settle_s=self._settle_s
        )
        return answer

    async def _find(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._agent.ask("find", name=name, settle_s=self._settle_s)
        return found
