"""The Slurm that ci/machine.sh starts: how tests reach it, as whom, and a folder of their own on it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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
