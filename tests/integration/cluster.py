"""The Slurm that ci/machine.sh starts: how tests reach it, as whom, and a folder of their own on it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Awaitable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from launchers import Launcher
from launchers.slurm.launcher import SlurmLauncher
from launchers.slurm.options import SlurmOptions
from tests.conftest import unavailable

URL = os.environ.get("HUGGINS_SLURM_URL", "ssh://huggins-ci@127.0.0.1:2222")
KEY = Path(os.environ.get("HUGGINS_SLURM_KEY", "/var/lib/huggins/login/client/key"))
KNOWN_HOSTS = Path(os.environ.get("HUGGINS_SLURM_KNOWN_HOSTS", "/var/lib/huggins/login/client/known_hosts"))
TARBALL = os.environ.get("UDOCKER_TARBALL", "/var/cache/huggins/udocker-englib.tar.gz")
USER = os.environ.get("HUGGINS_ORDINARY_USER", "huggins-ci")


def user_home() -> Path:
    """Return the folder of the cluster's user, who is there only where the cluster is."""
    return Path(f"~{USER}").expanduser()


def require_slurm() -> None:
    """Skip, or fail in CI, where there is no Slurm with a login node."""
    found = (
        shutil.which("sinfo") and subprocess.run(["sinfo"], capture_output=True, check=False).returncode == 0
    )
    if not found or not os.access(KEY, os.R_OK):
        unavailable("a Slurm with a login node (ci/machine.sh)")


@contextlib.contextmanager
def slurm_folder() -> Iterator[dict[str, Any]]:
    """Give a launcher's settings with a folder of its own on the cluster, which is removed afterwards."""
    require_slurm()
    name = f"tests-{uuid.uuid4().hex[:8]}"
    yield {
        "url": URL,
        "ssh_key": str(KEY),
        "known_hosts": str(KNOWN_HOSTS),
        "folder": f"~/{name}",
        "udocker_tarball": TARBALL,
    }
    shutil.rmtree(user_home() / name, ignore_errors=True)


def alone(work: Awaitable[str], launcher: Launcher) -> str:
    """Do it in a loop of its own, for the tests' is running; the launcher is closed."""

    async def whole() -> str:
        try:
            return await work
        finally:
            await launcher.close()

    with ThreadPoolExecutor() as pool:
        return pool.submit(lambda: asyncio.run(whole())).result()


@pytest.fixture(scope="session")
def slurm_state(
    image_archive: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, dict[str, Any], str]]:
    """A folder of the launcher's on this host, its settings, and the id of the image on the cluster."""
    with slurm_folder() as settings:
        state = tmp_path_factory.mktemp("slurm")

        launcher = SlurmLauncher(state, SlurmOptions(**settings))
        yield state, settings, alone(launcher.prepare(str(image_archive)), launcher)
