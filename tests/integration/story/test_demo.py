"""`make demo`'s command tells the whole story and leaves nothing running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from spectra.synthetic import write_folder
from tests.integration.images import catalog_of

HUGGINS = str(Path(sys.executable).parent / "huggins")


def demo(home: Path, *words: str, **environment: str) -> str:
    done = subprocess.run(
        [HUGGINS, "demo", "--no-stay", "--port", "0", *words],
        env={**os.environ, "HUGGINS_HOME": str(home), "COLUMNS": "200", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert [p.pid for p in psutil.process_iter() if str(home) in " ".join(_words(p))] == []
    return done.stdout


def _words(process: psutil.Process) -> list[str]:
    try:
        return list(process.cmdline())
    except (psutil.NoSuchProcess, psutil.ZombieProcess):
        return []


def test_without_real_spectra_the_demo_says_that_its_own_are_synthetic(tmp_path: Path) -> None:
    told = demo(tmp_path / "home", HUGGINS_DATA=str(tmp_path), HUGGINS_NODES_LOCAL_KIND="process")
    assert "SYNTHETIC" in told
    assert "rdf is deployed as demo" in told
    assert "held-out accuracy of the forest: " in told


def test_the_demo_takes_anybodys_folder(tmp_path: Path) -> None:
    write_folder(tmp_path / "mine", 60, seed=7)
    told = demo(tmp_path / "home", "--data", str(tmp_path / "mine"), HUGGINS_NODES_LOCAL_KIND="process")
    assert f"the spectra of {tmp_path / 'mine'}" in told
    assert "/deployments/demo" in told


@pytest.mark.docker
def test_where_docker_is_the_demo_uses_it_on_real_spectra(
    module_images: str, data_folder: Path, tmp_path: Path
) -> None:
    told = demo(tmp_path / "home")
    assert "Modules run in docker" in told
    assert "real LAMOST spectra" in told
    accuracy = float(told.split("held-out accuracy of the forest: ")[1].split()[0])
    assert accuracy > 0.731  # the untuned forest of the data's own README


@pytest.mark.udocker
def test_without_docker_the_same_demo_runs_the_images_in_udocker(
    module_images: str, udocker_engine: None, tmp_path: Path
) -> None:
    told = demo(
        tmp_path / "home",
        HUGGINS_DATA=str(tmp_path),
        HUGGINS_MODULES_IMAGE=module_images,
        HUGGINS_MODULES_FOLDER=catalog_of(tmp_path / "modules", "preprocessing", "rdf", "som"),
        DOCKER_HOST=f"unix://{tmp_path}/nothing.sock",
    )
    assert "Modules run in udocker" in told
    assert "docker: " in told.split("1. upload")[0]  # and why not Docker
    assert "rdf is deployed as demo" in told
