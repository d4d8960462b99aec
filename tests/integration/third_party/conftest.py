"""Images of third-party modules: upstream's deepaas and a module each, nothing of ours."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from ci.context import write_module_context
from dashboard.publishing.images.docker_build import Build, build
from tests.integration.images import IMAGE
from tests.once import once

FOLDER = Path(__file__).parent
IMAGES = "huggins-tests"
BASE = f"{IMAGES}/deepaas:2.6"
NAMES = sorted(path.name for path in (FOLDER / "modules").iterdir())


def make(folder: Path, tag: str, base: str) -> str:
    """Build an image from a folder with a Dockerfile."""
    context = partial(write_module_context, folder=folder)
    return build(Build("Dockerfile", context, (tag,), {"BASE_IMAGE": base}))


@pytest.fixture(scope="session")
def third_party_images(image_id: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Build the images, each once in a run; the base stays on the engine for the next."""

    def all_of_them(_folder: Path) -> None:
        there = subprocess.run(["docker", "image", "inspect", BASE], capture_output=True, check=False)
        if there.returncode:
            make(FOLDER / "base", BASE, IMAGE)
        with ThreadPoolExecutor() as several:
            tags = [f"{IMAGES}/{name}:latest" for name in NAMES]
            folders = [FOLDER / "modules" / name for name in NAMES]
            list(several.map(make, folders, tags, [BASE] * len(NAMES)))

    once(tmp_path_factory, "third-party-images", all_of_them)
