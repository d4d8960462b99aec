"""What all tests share: where real spectra and components are, and when their lack is a failure."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

# Before NumPy is loaded: threads of BLAS that share the cores with other tests only wait for each other.
for _library in ("OMP", "OPENBLAS", "MKL"):
    os.environ.setdefault(f"{_library}_NUM_THREADS", "1")

# No property test is about time: under load a deadline would make one fail whose property holds.
settings.register_profile("huggins", deadline=None)
settings.load_profile("huggins")

pytest_plugins = ["tests.groups", "tests.passed"]

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI") == "true"


def unavailable(what: str) -> NoReturn:
    """Skip where a person works without a component; fail where CI should have set it up."""
    if IN_CI:
        pytest.fail(f"{what} is not available under CI: ci/machine.sh must install and start it")
    pytest.skip(f"{what} is not available here")


@pytest.fixture(scope="session")
def data_folder() -> Path:
    """Return the folder of real spectra (HUGGINS_DATA, else shared/data beside the project)."""
    folder = Path(os.environ.get("HUGGINS_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "README.md").is_file():
        pytest.skip(f"no real spectra in {folder}; set HUGGINS_DATA")
    return folder


@pytest.fixture(scope="session")
def docker_engine() -> None:
    """Require a Docker engine."""
    found = (
        shutil.which("docker")
        and subprocess.run(["docker", "info"], check=False, capture_output=True).returncode == 0
    )
    if not found:
        unavailable("a Docker engine")
