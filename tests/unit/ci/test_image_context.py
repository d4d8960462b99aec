"""A build sees the files that it needs and no others."""

import io
import tarfile
from pathlib import Path

import pytest

from ci.context import write_base_context, write_module_context


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in {
        "pyproject.toml": '[project]\nname = "huggins"\ndependencies = ["numpy"]\n'
        "[project.optional-dependencies]\nspectra = []\nserve = ['deepaas']\n",
        "README.md": "Huggins",
        "secret.env": "password",
        "spectra/__init__.py": "",
        "jobfolder/__init__.py": "",
        "wire/__init__.py": "",
        "spectra/__pycache__/__init__.cpython-311.pyc": "",
        "deepaas_plugins/methods/som.py": "",
        "dashboard/app.py": "",
        "ci/base/Dockerfile": "FROM scratch",
        "modules/som/Dockerfile": "FROM scratch",
        "modules/som/examples/a.fits": "",
        "modules/som/.git/config": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def _members(stream: io.BytesIO) -> dict[str, tarfile.TarInfo]:
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        return {member.name: member for member in tar}


def test_the_base_sees_sources_and_requirements_and_nothing_private(repository: Path) -> None:
    stream = io.BytesIO()
    write_base_context(stream, repository)
    assert sorted(_members(stream)) == [
        "README.md",
        "ci/base/Dockerfile",
        "deepaas_plugins/methods/som.py",
        "jobfolder/__init__.py",
        "pyproject.toml",
        "requirements.txt",
        "spectra/__init__.py",
        "wire/__init__.py",
    ]
    stream.seek(0)
    with tarfile.open(fileobj=stream) as tar:
        listing = tar.extractfile("requirements.txt")
        assert listing is not None
        assert listing.read() == b"deepaas\nnumpy\nsetuptools>=77\n"


def test_a_module_sees_its_own_folder_with_the_dockerfile_on_top(repository: Path) -> None:
    stream = io.BytesIO()
    write_module_context(stream, repository / "modules" / "som")
    assert sorted(_members(stream)) == ["Dockerfile", "examples/a.fits"]


def test_two_checkouts_of_one_commit_give_the_same_bytes(repository: Path) -> None:
    first, second = io.BytesIO(), io.BytesIO()
    write_base_context(first, repository)
    (repository / "README.md").touch()
    write_base_context(second, repository)
    assert first.getvalue() == second.getvalue()


def test_a_missing_source_stops_the_build_by_its_name(repository: Path) -> None:
    (repository / "README.md").unlink()
    with pytest.raises(FileNotFoundError, match=r"README\.md"):
        write_base_context(io.BytesIO(), repository)
