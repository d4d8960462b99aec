"""Images that tests share: a small one with Python, and the modules' images in the registry."""

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
from tests.once import once

#: A small image with python3; ci/machine.sh makes it.
IMAGE = os.environ.get("HUGGINS_PYTHON_IMAGE", "huggins/python:3.11")
#: Modules whose images are made: not those that bring a deep learning framework of more than a gigabyte.
MODULES = (
    "som",
    "rdf",
    "convolutions",
    "disentangling",
    "embedding",
    "ensemble",
    "lines",
    "outliers",
    "parameters",
    "preprocessing",
    "synthetic",
    "velocity",
)
REGISTRY = os.environ.get("HUGGINS_REGISTRY", "127.0.0.1:5001")


@pytest.fixture(scope="session")
def image_id() -> str:
    """The image's id, on an engine."""
    asked = ["docker", "image", "inspect", "--format", "{{.Id}}", IMAGE]
    found = shutil.which("docker") and subprocess.run(asked, capture_output=True, text=True, check=False)
    if not found or found.returncode:
        unavailable(f"a Docker engine with the image {IMAGE}")
    return found.stdout.strip()


@pytest.fixture(scope="session")
def image_archive(image_id: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image as ``docker save`` writes it, for udocker."""

    def save(folder: Path) -> None:
        subprocess.run(["docker", "save", "-o", folder / "python.tar", IMAGE], check=True)

    return once(tmp_path_factory, "image", save) / "python.tar"


@pytest.fixture(scope="session")
def module_images(docker_engine: None, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Build the modules' images, push them to the registry; return how an image is called there."""
    try:
        urllib.request.urlopen(f"http://{REGISTRY}/v2/", timeout=5).close()
    except (urllib.error.URLError, OSError):
        unavailable(f"a registry at {REGISTRY}")
    once(tmp_path_factory, "module-images", _build_and_push)
    return f"{REGISTRY}/huggins/{{name}}:{{version}}"


def _build_and_push(_folder: Path) -> None:
    for command in (["build", *MODULES], *(["push", name] for name in MODULES)):
        done = subprocess.run(
            [sys.executable, "-m", "ci.images", *command],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"ci.images {command}: {done.stderr}"


def catalog_of(folder: Path, *names: str) -> str:
    """Copy modules' descriptions: a platform whose catalog has fewer stages fewer images onto its nodes."""
    for name in names:
        shutil.copytree(ROOT / "modules" / name, folder / name)
    return str(folder)
