"""The files that an image build sees, as a tar stream for ``docker build -``.

A working tree holds a virtual environment, data and history; a build is given what it needs and nothing else,
so it starts at once and no private file can slip into an image.
"""

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from ci.requirements import requirements

#: Extras whose requirements every module's image has.
BASE_EXTRAS = ("spectra", "serve")

#: What a module's Dockerfile installs the module's own package with, without a network.
BUILDS = "setuptools>=77"

#: What of the repository goes into the base image, besides the Dockerfile's own folder.
BASE_SOURCES = ("pyproject.toml", "README.md", "spectra", "jobfolder", "wire", "deepaas_plugins", "ci/base")

_LEFT_OUT = frozenset({"__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"})


def write_base_context(stream: IO[bytes], root: Path) -> None:
    """Write the base image's context: `BASE_SOURCES` and a ``requirements.txt`` made from pyproject.

    Raises
    ------
    FileNotFoundError
        If one of the sources is missing: an image without it would fail later and far from here.
    """
    listing = "\n".join([*requirements(root / "pyproject.toml", BASE_EXTRAS), BUILDS]) + "\n"
    with tarfile.open(fileobj=stream, mode="w") as tar:
        _add_text(tar, "requirements.txt", listing)
        for source in BASE_SOURCES:
            _add_tree(tar, root / source, source)


def write_module_context(stream: IO[bytes], folder: Path) -> None:
    """Write a module's context: its own folder, as ``docker build FOLDER`` would see it."""
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            if path.name not in _LEFT_OUT:
                _add_tree(tar, path, path.name)


def _add_tree(tar: tarfile.TarFile, path: Path, name: str) -> None:
    if not path.exists():
        raise FileNotFoundError(f"the build needs {path}, which does not exist")
    for file in _files(path):
        relative = file.relative_to(path)
        tar.add(file, arcname=str(Path(name) / relative), recursive=False, filter=_anonymous)


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    return [
        file
        for file in sorted(path.rglob("*"))
        if not _LEFT_OUT.intersection(file.relative_to(path).parts)
        and not file.is_dir()
        and file.suffix != ".pyc"
    ]


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    # Owner and time would make two checkouts of one commit different builds.
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


def _add_text(tar: tarfile.TarFile, name: str, text: str) -> None:
    content = text.encode()
    member = tarfile.TarInfo(name)
    member.size = len(content)
    member.mode = 0o644
    tar.addfile(member, io.BytesIO(content))
