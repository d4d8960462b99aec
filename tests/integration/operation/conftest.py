"""Disks of a few megabytes, and homes that were used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import unavailable
from tests.platform.backup.test_backup import filled
from tests.platform.world import World


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Callable[[str, int], Path]]:
    """Return what mounts a disk of so many megabytes; it needs the right to mount."""
    mounted: list[Path] = []

    def mount(name: str, megabytes: int) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        options = f"size={megabytes}m"
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=False)
        if os.geteuid() != 0 or done.returncode:
            unavailable("the right to mount a small disk")
        mounted.append(folder)
        return folder

    yield mount
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.fixture
async def used_home(tmp_path: Path) -> Path:
    """A home with an account, a dataset of 8 MB, jobs, a model and a deployment; its platform is stopped."""
    world = World(tmp_path / "home", accounts=None)
    platform, named = await filled(world)
    await platform.preferences.put("owner", {"webhook": "https://example.org/hook"})
    (world.home / "data" / named["dataset"] / "files" / "large.bin").write_bytes(os.urandom(8 * 2**20))
    await world.close()
    return world.home
