"""Any launcher, running `runner.py` in place of the module's own entry, with the ledger mounted."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dashboard.nodes.launcher_factory import ChosenLauncher, LauncherFactory, make_launcher
from dashboard.settings import NodeSettings
from launchers import Handle, Launcher, LaunchError, LaunchSpec, Mount, NodeHealth, Status
from launchers.base import Handles
from tests.integration.crash.fake_node import SocketLauncher
from tests.integration.crash.runner import LEDGER

IMAGE = "toy@sha256:" + "0" * 64  # by content, so that the module's description is asked once
STAGE = "/crash"


@dataclass(frozen=True)
class NodePlan:
    """One node of the trial.

    Attributes
    ----------
    kind
        The launcher's.
    share
        How many of the jobs it gets, beside the other nodes' shares.
    slots
        Jobs at once.
    image
        What the launcher's `prepare` takes; empty where the kind knows no images.
    settings
        More keys of `NodeSettings`: of a cluster.
    """

    kind: str
    share: int = 1
    slots: int = 2
    image: str = ""
    settings: dict[str, Any] = field(default_factory=dict)


class Staged:
    """Delegates; `start` puts the trial's runner and its ledger in."""

    def __init__(self, real: Launcher, stage: Path, image: str) -> None:
        self._real = real
        self._stage = stage
        self._image = image
        self._prepared = ""

    @property
    def kind(self) -> str:
        return self._real.kind

    async def start(self, spec: LaunchSpec) -> Handle:
        if not any(mount.target == "/job" for mount in spec.mounts):
            raise LaunchError(self.kind, "this node runs jobs and describes no modules")
        if self._image and not self._prepared:
            self._prepared = await self._real.prepare(self._image)
        changed = replace(
            spec,
            image=self._prepared or "none",
            command=("python3", "-I", "-S", f"{STAGE}/runner.py"),
            mounts=(*spec.mounts, Mount(self._stage, STAGE, read_only=False)),
            env={**spec.env, LEDGER: f"{STAGE}/ledger"},
        )
        return await self._real.start(changed)

    async def status(self, handle: Handle) -> Status:
        return await self._real.status(handle)

    async def stop(self, handle: Handle, grace_s: float = 10) -> None:
        await self._real.stop(handle, grace_s)

    async def remove(self, handle: Handle) -> None:
        await self._real.remove(handle)

    async def logs(self, handle: Handle, tail: int | None = None) -> bytes:
        return await self._real.logs(handle, tail)

    async def find(self, name: str) -> Handle | None:
        return await self._real.find(name)

    async def list(self, owner: str) -> Handles:
        return await self._real.list(owner)

    async def probe(self) -> NodeHealth:
        return await self._real.probe()

    async def prepare(self, image: str) -> str:
        return IMAGE

    async def close(self) -> None:
        await self._real.close()


def factory(stage: Path, socket: str, plans: dict[str, NodePlan]) -> LauncherFactory:
    """Return what makes the launchers of a trial; a node's folder is called as the node."""

    async def make(settings: NodeSettings, state: Path) -> ChosenLauncher:
        plan = plans[state.name]
        fake = settings.kind == "fake"
        real = SocketLauncher(socket) if fake else (await make_launcher(settings, state)).launcher
        return ChosenLauncher(Staged(real, stage, plan.image))

    return make
