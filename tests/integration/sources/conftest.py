"""A platform that may fetch from this machine, and what the servers serve."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dashboard.platform import Platform
from dashboard.settings import SourceSettings
from tests.platform.acquisition.archive import spectrum
from tests.platform.world import World

NAMES = [
    "a b.csv",
    "it's.csv",
    "ü.csv",
    "100%.csv",
    "sub/c.csv",
    "sub/deeper/d.csv",
    "q?x=1.csv",
    "hash#1.csv",
]


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    settings = SourceSettings(networks=("127.0.0.0/8",), retry_s=0.05, silence_s=5.0)
    world = World(tmp_path / "home", sections={"sources": settings})
    yield await world.platform()
    await world.close()


@pytest.fixture
def spectra(tmp_path: Path) -> Path:
    """Return a folder of spectra with names that servers escape, and a link that leads around."""
    folder = tmp_path / "served"
    for number, name in enumerate(NAMES):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(spectrum(number))
    (folder / "sub" / "loop").symlink_to(folder / "sub")
    return folder
