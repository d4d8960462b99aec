"""A Slurm cluster on which we are an ordinary user: a job per launch, which runs the image by udocker.

Everything on the cluster is done by one small program (`launchers.slurm_agent`) that is sent to the login
node and asked over SSH, or on this host. What is mounted is copied to the cluster, and what is written comes
back while the job runs, unless it lies in a folder that the cluster sees too. Why: docs/decisions/slurm.md.
"""

from __future__ import annotations

import asyncio
import base64
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from launchers.agent_connection import Connection
from launchers.agent_files import CopiedFiles
from launchers.agent_images import CopiedImages
from launchers.base import (
    Handle,
    Handles,
    LaunchError,
    LaunchSpec,
    NodeDown,
    NodeHealth,
    State,
    Status,
)
from launchers.once import Once
from launchers.slurm_script import script
from launchers.spec import NAME
from launchers.ssh import LocalShell, SshShell

#: Seconds for which one answer about all launches serves every question.
FRESH_S = 1.0

#: Seconds after a lost answer of sbatch in which its job may still come to light.
SETTLE_S = 60.0

_WORD = re.compile(r"[\w.,:+-]*")


class SlurmLauncher:
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
        See `launchers.ssh.SshShell`.
    python : str
        Python 3.11 or newer on the cluster.
    udocker_tarball : str
        Archive of udocker's engine on the cluster; empty: udocker fetches it.
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
        settle_s: float = SETTLE_S,
    ) -> None:
        self._wishes = {"partition": partition, "account": account, "qos": qos}
        for name, value in self._wishes.items():
            if not _WORD.fullmatch(value):
                raise LaunchError(self.kind, f"{name} {value!r} cannot be the name of one")
        shell = SshShell(url, ssh_key, known_hosts) if url else LocalShell()
        environment = {"UDOCKER_TARBALL": udocker_tarball} if udocker_tarball else {}
        self._cluster = Connection(shell, folder or "~/huggins", python, environment)
        self._images = CopiedImages(self._cluster)
        self._files = CopiedFiles(self._cluster, state.absolute() / "launches", shared)
        self._settle_s = settle_s
        self._looking = asyncio.Lock()
        self._seen: Mapping[str, Any] = {}
        self._seen_at = self._changed_at = -math.inf
        self._once = Once()

    async def start(self, spec: LaunchSpec) -> Handle:
        """See `launchers.base.Launcher.start`; copying goes on if the caller gives up."""
        handle: Handle = await self._once(f"start {spec.name}", lambda: self._start(spec))
        return handle

    async def status(self, handle: Handle) -> Status:
        """See `launchers.base.Launcher.status`; what was written is here before an end is told."""
        seen = await self._of(handle)
        if seen is None:
            return Status(State.MISSING, None, f"nothing called {handle.name} is on this cluster")
        if seen["state"] == State.EXITED:
            await self._once(f"bring {handle.name}", lambda: self._files.bring([handle.name], ended=True))
        return Status(State(seen["state"]), seen.get("code"), seen.get("reason", ""))

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        """See `launchers.base.Launcher.stop`."""
        if not await self._running(handle):
            return
        await self._cluster.ask("cancel", name=handle.name, grace_s=grace_s, settle_s=self._settle_s)
        self._changed_at = time.monotonic()
        kill_at = time.monotonic() + grace_s + 15
        while await self._running(handle):
            if time.monotonic() >= kill_at:
                await self._cluster.ask("kill", name=handle.name)
                kill_at = math.inf
            await asyncio.sleep(0.2)
        await self.status(handle)

    async def remove(self, handle: Handle) -> None:
        """See `launchers.base.Launcher.remove`."""
        await self.stop(handle, 0)
        if await self._of(handle) is not None:
            await self._cluster.ask("forget", name=handle.name)
            self._files.forget(handle.name)
            self._changed_at = time.monotonic()

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        """See `launchers.base.Launcher.logs`."""
        if await self._of(handle) is None:
            return b""
        return base64.b64decode(await self._cluster.ask("logs", name=handle.name, tail=tail))

    async def find(self, name: str) -> Handle | None:
        """See `launchers.base.Launcher.find`."""
        if not NAME.fullmatch(name):
            return None
        found = await self._cluster.ask("find", name=name, settle_s=self._settle_s)
        return Handle.from_json(found) if found else None

    async def list(self, owner: str) -> Handles:
        """See `launchers.base.Launcher.list`."""
        self._changed_at = time.monotonic()
        seen = await self._look()
        return [Handle.from_json(one["handle"]) for one in seen.values() if one["owner"] == owner]

    async def probe(self) -> NodeHealth:
        """See `launchers.base.Launcher.probe`."""
        try:
            details = await self._cluster.ask("probe", partition=self._wishes["partition"])
        except LaunchError as error:
            return NodeHealth(False, error.reason)
        version = f"{details.pop('version')}, udocker {details.pop('udocker')}"
        details = {**details, "queues": True}
        partition = self._wishes["partition"] or "the default one"
        if not details["nodes"]:
            return NodeHealth(False, f"the cluster has no partition {partition}", version, details)
        if not details["up"]:
            words = "; ".join(f"{name} is {state}" for name, state in details["nodes"].items())
            return NodeHealth(False, f"no node of its partition can be used: {words}", version, details)
        return NodeHealth(True, version=version, details=details)

    async def prepare(self, image: str) -> str:
        """See `launchers.base.Launcher.prepare`.

        A tag is pulled on the login node; what only this host's Docker engine has is copied as an archive, as
        is the path of one.
        """
        return str(await self._once(f"prepare {image}", lambda: self._images.stage(image)))

    async def close(self) -> None:
        """See `launchers.base.Launcher.close`."""
        await self._once.cancel()
        await self._cluster.shell.close()

    async def _start(self, spec: LaunchSpec) -> Handle:
        if spec.port:
            raise LaunchError(self.kind, "a job of a cluster cannot serve on a port")
        if "\n" in spec.owner or not _WORD.fullmatch(spec.owner):
            raise LaunchError(self.kind, f"owner {spec.owner!r} cannot stand in a job's comment")
        for mount in spec.mounts:
            if not await asyncio.to_thread(mount.source.exists):
                raise LaunchError(self.kind, f"{mount.source}, to be seen as {mount.target}, is not there")
        found = await self.find(spec.name)
        if found is not None:
            return found
        await self._cluster.arrive()
        there = replace(spec, mounts=await self._files.place(spec))
        batch = script(spec, self._cluster, self._wishes)
        try:
            answer = await self._cluster.ask(
                "submit", spec=there.to_json(), script=batch, settle_s=self._settle_s
            )
        except NodeDown:
            raise  # it may have been submitted
        except LaunchError:
            await self._cluster.ask("forget", name=spec.name)  # what was copied for it
            self._files.forget(spec.name)
            raise
        self._changed_at = time.monotonic()
        return Handle.from_json(answer)

    async def _of(self, handle: Handle) -> Mapping[str, Any] | None:
        seen = (await self._look()).get(handle.name)
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

    async def _look(self) -> Mapping[str, Any]:
        """Ask about all launches at once, and bring what those that run have written, once in `FRESH_S`."""
        asked = time.monotonic()
        async with self._looking:
            if self._seen_at < max(asked - FRESH_S, self._changed_at):
                began = time.monotonic()
                seen = await self._cluster.ask("look")
                await self._files.bring([name for name, one in seen.items() if one["state"] == State.RUNNING])
                self._seen, self._seen_at = seen, began
            return self._seen
