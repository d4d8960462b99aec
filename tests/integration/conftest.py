"""Fixtures that several folders of integration tests share.

They are named here, and nowhere else: a fixture that a second conftest imports would be made a second time.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.conftest import unavailable
from tests.integration.cluster import slurm_state
from tests.integration.images import image_archive, image_id, module_images
from tests.integration.postgresql import postgresql
from tests.integration.trained import trained

__all__ = ["image_archive", "image_id", "module_images", "postgresql", "slurm_state", "trained"]

TARBALL = Path("/var/cache/huggins/udocker-englib.tar.gz")


@pytest.fixture
def udocker_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Require udocker's engine, packed by ci/machine.sh."""
    tarball = os.environ.get("UDOCKER_TARBALL", str(TARBALL))
    if not shutil.which("runc") or not Path(tarball).is_file():
        unavailable(f"udocker's engine ({tarball})")
    monkeypatch.setenv("UDOCKER_TARBALL", tarball)
