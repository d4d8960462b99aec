"""What the integration tests share: the modules' images, built once, and the registry that holds them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import ROOT, unavailable

REGISTRY = os.environ.get("HUGGINS_REGISTRY", "127.0.0.1:5001")
TARBALL = Path("/var/cache/huggins/udocker-englib.tar.gz")


@pytest.fixture(scope="session")
def module_images(docker_engine: None) -> str:
    """Build the modules' images, push them to the registry; return how an image is called there."""
    try:
        urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        unavailable(f"a registry at {REGISTRY}")
    for command in (["build"], ["push", "som"], ["push", "rdf"], ["push", "preprocessing"]):
        done = subprocess.run(
            [sys.executable, "-m", "ci.images", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"ci.images {command}: {done.stderr}"
    return f"{REGISTRY}/huggins/{{name}}:{{version}}"


@pytest.fixture
def udocker_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Require udocker's engine, packed by ci/machine.sh."""
    tarball = os.environ.get("UDOCKER_TARBALL", str(TARBALL))
    if not shutil.which("runc") or not Path(tarball).is_file():
        unavailable(f"udocker's engine ({tarball})")
    monkeypatch.setenv("UDOCKER_TARBALL", tarball)
