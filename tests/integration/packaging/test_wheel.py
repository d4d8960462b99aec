"""The source distribution makes the wheel; the wheel holds what the platform reads, and runs by itself."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import tarfile
import time
import urllib.parse
import urllib.request
import venv
import zipfile
from pathlib import Path

import pytest

from spectra.synthetic import write_folder
from tests.conftest import ROOT
from tests.integration.images import catalog_of

BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_{kind}(sys.argv[1]))"
PATIENCE_S = 60


def build(kind: str, source: Path, target: Path) -> Path:
    """Build without isolation, so that nothing is fetched."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD.format(kind=kind), str(target)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return target / done.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the source distribution from what git knows, and the wheel from that."""
    folder = tmp_path_factory.mktemp("packages")
    files = subprocess.run(
        ["git", "-c", f"safe.directory={ROOT}", "ls-files"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = files.stdout.splitlines() if files.returncode == 0 else _files_of_the_copy()
    for name in names:
        if (ROOT / name).is_file():
            (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / "source" / name).write_bytes((ROOT / name).read_bytes())
    with tarfile.open(build("sdist", folder / "source", folder)) as archive:
        # Python 3.11.2, Debian 12's, has no filters yet.
        archive.extraction_filter = getattr(tarfile, "data_filter", None)
        archive.extractall(folder / "unpacked")
    [unpacked] = (folder / "unpacked").iterdir()
    return build("wheel", unpacked, folder)


def _files_of_the_copy() -> list[str]:
    """Return the files of a checkout that is no repository: all but what tools made."""
    made = {".venv", "build", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
    return [
        path.relative_to(ROOT).as_posix()
        for path in ROOT.rglob("*")
        if path.is_file() and not made & set(path.relative_to(ROOT).parts)
    ]


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel into an environment of its own, beside our dependencies; return its command."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", str(python), "install"]
    subprocess.run([*pip, "--quiet", "--no-index", "--no-deps", str(wheel)], check=True)
    # The dependencies as a folder of packages: path files in it, which name this checkout, are not read.
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(folder)}))
    (packages / "dependencies.pth").write_text(f"{Path(pytest.__file__).parents[1]}\n")
    return folder / "bin" / "huggins"


def environment(home: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    return {**kept, "HOME": str(home), "HUGGINS_NODES_LOCAL_KIND": "process"}


def test_the_wheel_holds_what_the_platform_reads(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    for folder in ("templates/html", "templates/slurm", "modules", "docs"):
        place = "launchers" if folder == "templates/slurm" else "dashboard"
        wanted = {
            f"{place}/bundled/{path.relative_to(ROOT).as_posix()}"
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and "__pycache__" not in path.parts
        }
        assert wanted
        assert wanted <= names, sorted(wanted - names)
    for folder in ("dashboard/static", "dashboard/database/migrations"):
        wanted = {
            path.relative_to(ROOT).as_posix()
            for path in (ROOT / folder).rglob("*")
            if path.is_file() and path.suffix != ".pyc"
        }
        assert wanted <= names, sorted(wanted - names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_the_installed_wheel_shows_its_catalog_from_a_folder_of_its_own(
    installed: Path, tmp_path: Path
) -> None:
    command = [str(installed), "up", "--port", "0"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path), stdout=log, stderr=log)
        try:
            page = first_page(process, tmp_path / "log")
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
    assert "catalog is empty" not in (tmp_path / "log").read_text()
    for module in (
        "cnn",
        "convolutions",
        "disentangling",
        "embedding",
        "ensemble",
        "lines",
        "outliers",
        "parameters",
        "preprocessing",
        "rdf",
        "som",
        "synthetic",
        "velocity",
    ):
        assert f"/modules/{module}" in page


def first_page(process: subprocess.Popen[bytes], log: Path) -> str:
    """Return what the one-time link shows, as soon as it is printed."""
    deadline = time.monotonic() + PATIENCE_S
    while not (link := re.search(r"http://127\.0\.0\.1:\d+/\S+", log.read_text())):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor()
    )
    address = urllib.parse.urlsplit(link[0])
    opener.open(link[0]).close()
    request = urllib.request.Request(f"http://{address.netloc}/", headers={"Accept": "text/html"})
    with opener.open(request) as answer:
        return str(answer.read().decode())


def test_the_installed_wheel_runs_the_demo(installed: Path, tmp_path: Path) -> None:
    # Few spectra: how well the demo's methods learn from its own is tried in a checkout.
    write_folder(tmp_path / "spectra", 60, seed=1)
    done = subprocess.run(
        [str(installed), "demo", "--no-stay", "--port", "0", "--data", str(tmp_path / "spectra")],
        stdin=subprocess.DEVNULL,
        cwd=tmp_path,
        env={
            **environment(tmp_path),
            "HUGGINS_MODULES_FOLDER": catalog_of(tmp_path / "modules", "rdf", "som"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
