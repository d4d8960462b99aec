"""A Slurm cluster on which we are an ordinary user: a job per launch, which runs the image by udocker.

Everything on the cluster is done by one small program (`launchers.slurm.agent`) that is sent to the login
node and asked over SSH, or on this host. What is mounted is copied to the cluster, and what is written comes
back while the job runs, unless it lies in a folder that the cluster sees too. Why: docs/decisions/slurm.md.
"""

from __future__ import annotations

import asyncio
import math
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from launchers.base import Handle, LaunchError, LaunchSpec, NodeHealth
from launchers.remote.connection import Connection
from launchers.remote.launcher import AgentLauncher
from launchers.remote.ssh import LocalShell, SshShell
from launchers.slurm.script import script

#: Seconds after a lost answer of sbatch in which its job may still come to light.
SETTLE_S = 60.0

#: What can run an image there.
UDOCKER = "udocker"
RUNTIMES = (UDOCKER, "apptainer")

_WORD = re.compile(r"[\w.,:+-]*")


class SlurmLauncher(AgentLauncher):
    """The launcher protocol over Slurm.

    Parameters
    ----------
    state : Path
        A folder of this machine: what was started from here, and where its results belong.
    url : str
        ``ssh://USER@HOST:PORT`` of the login node; empty: Slurm's commands are on this host.
    folder : str
        Ours on the cluster, seen by login and compute nodes under one path.
    shared : sequence of str
        Folders that the cluster sees under the same path as this host: what lies there is not copied.
    partition, account, qos : str
        What jobs ask for; empty: the cluster's defaults.
    ssh_key, known_hosts : str
        See `launchers.remote.ssh.SshShell`.
    python : str
        Python 3.11 or newer on the cluster.
    udocker_tarball : str
        Archive of udocker's engine on the cluster; empty: udocker fetches it.
    runtime : str
        One of `RUNTIMES`: what runs the images there.
    settle_s : float
        See `SETTLE_S`.
    """

    kind = "slurm"

    def __init__(
        self,
        state: Path,
        url: str = "",
        *,
        folder: str = "~/huggins",
        shared: Sequence[str] = (),
        partition: str = "",
        account: str = "",
        qos: str = "",
        ssh_key: str = "",
        known_hosts: str = "",
        python: str = "python3",
        udocker_tarball: str = "",
        runtime: str = UDOCKER,
        settle_s: float = SETTLE_S,
    ) -> None:
        self._wishes = {"partition": partition, "account": account, "qos": qos}
        for name, value in self._wishes.items():
            if not _WORD.fullmatch(value):
                raise LaunchError(self.kind, f"{name} {value!r} cannot be the name of one")
        shell = SshShell(url, ssh_key, known_hosts) if url else LocalShell()
        if runtime not in RUNTIMES:
            raise LaunchError(self.kind, f"runtime {runtime!r} is none of {', '.join(RUNTIMES)}")
        self._runtime = runtime
        environment = {"HUGGINS_RUNTIME": runtime}
        if udocker_tarball:
            environment["UDOCKER_TARBALL"] = udocker_tarball
        super().__init__(Connection(shell, folder or "~/huggins", python, environment), state, shared)
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
            details = await self._agent.ask("probe", partition=self._wishes["partition"])
        except LaunchError as error:
            return NodeHealth(False, error.reason)
        version = f"{details.pop('version')}, {self._runtime} {details.pop('runtime')}"
        details = {**details, "queues": True}
        partition = self._wishes["partition"] or "the default one"
        if not details["nodes"]:
            return NodeHealth(False, f"the cluster has no partition {partition}", version, details)
        if not details["up"]:
            words = "; ".join(f"{name} is {state}" for name, state in details["nodes"].items())
            return NodeHealth(False, f"no node of its partition can be used: {words}", version, details)
        return NodeHealth(True, version=version, details=details)

    def _check(self, spec: LaunchSpec) -> None:
        if spec.port:
            raise LaunchError(self.kind, "a job of a cluster cannot serve on a port")
        if "\n" in spec.owner or not _WORD.fullmatch(spec.owner):
            raise LaunchError(self.kind, f"owner {spec.owner!r} cannot stand in a job's comment")

    async def _launch(self, there: LaunchSpec) -> Mapping[str, Any]:
        batch = script(there, self._agent, self._wishes)
        answer: Mapping[str, Any] = await self._agent.ask(
            "submit", spec=there.to_json(), script=batch, settle_s=self._settle_s
        )
        return answer

    async def _find(self, name: str) -> Mapping[str, Any] | None:
        found: Mapping[str, Any] | None = await self._agent.ask("find", name=name, settle_s=self._settle_s)
        return found
