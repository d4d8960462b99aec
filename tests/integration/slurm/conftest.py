"""A launcher on the real cluster, and what an operator of that cluster can do to it."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from launchers import Handle
from launchers.slurm.launcher import SETTLE_S, SlurmLauncher
from launchers.slurm.options import SlurmOptions
from tests.conftest import unavailable
from tests.integration.cluster import USER, user_home
from tests.integration.launchers.conftest import Rig
from tests.integration.slurm.operator import WAIT_S, operate


async def until(holds: Callable[[], object]) -> None:
    """Wait for the condition, not for a time."""
    async with asyncio.timeout(WAIT_S):
        while not holds():
            await asyncio.sleep(0.1)


@dataclass
class Cluster(Rig):
    """A rig on the cluster."""

    folder: Path = Path()  # the launcher's folder there
    made: Callable[..., SlurmLauncher] = SlurmLauncher

    def job(self, handle: Handle) -> str:
        """Return the number that Slurm gave."""
        return operate("squeue", "-h", "-t", "all", f"--name={handle.name}", "-o", "%F").strip()

    def copies(self, *kinds: str) -> set[Path]:
        """Return what was copied to the cluster: ``files`` of launches, ``data`` as inputs of any."""
        return {path for kind in kinds for path in (self.folder / kind).glob("[!.]*")}


@pytest.fixture
async def cluster(slurm_state: tuple[Path, dict[str, Any], str]) -> AsyncIterator[Cluster]:
    """A launcher whose jobs are removed afterwards; everybody acts as operator, so root is needed."""
    if os.geteuid() != 0:
        unavailable("root, to be the operator of the cluster")
    state, settings, image = slurm_state

    launchers = []

    def made(settle_s: float = SETTLE_S, **more: Any) -> SlurmLauncher:
        options = SlurmOptions(**{**settings, **more})
        launchers.append(SlurmLauncher(state, options, settle_s=settle_s))
        return launchers[-1]

    rig = Cluster("slurm", made, image, f"tests-{uuid.uuid4().hex[:8]}")
    rig.made = made
    rig.folder = user_home() / settings["folder"].removeprefix("~/")
    yield rig
    try:
        for handle in await rig.launcher.list(rig.owner):
            await rig.launcher.remove(handle)
    finally:
        for launcher in launchers:
            await launcher.close()
        # Whatever a test left: the next one finds the cluster as it was.
        await asyncio.to_thread(operate, "scancel", f"--user={USER}")
        await until(lambda: not operate("squeue", "-h", f"--user={USER}").strip())
