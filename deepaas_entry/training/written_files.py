"""What a training wrote: files in the module's own folders that changed since it began."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deepaas_entry.training.job_folder import sha256

#: Folders that images of AI4EOSC keep data and models in, or mount a storage at.
USUAL = ("/storage", "/srv", "/models", "/data", "/outputs", "/workspace", "/mnt")
#: Variables that name such a folder.
_VARIABLE = re.compile(r"\w+_(DIR|PATH|FOLDER)")
_NOT_THEIRS = frozenset({"PYTHONPATH", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "CUDA_PATH", "CONDA_DIR", "TMPDIR"})
_SYSTEM = frozenset(
    {"/", "/bin", "/boot", "/dev", "/etc", "/lib", "/opt", "/proc", "/run", "/sbin", "/sys", "/usr", "/var"}
)
_LEFT_OUT = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})
_TEMPORARY = re.compile(r"(tmp|pymp-|torch_|\.)", re.IGNORECASE)
PACKAGES = frozenset({"site-packages", "dist-packages"})

MOST_FILES = 20_000
#: Seconds by which a file system's clock may be behind.
TICK_S = 0.05


class TooMuch(ValueError):
    """More was written than can be kept; `str()` says how much."""


def folders(module: Any, job: Path) -> list[Path]:
    """Return the folders that a module may write into, none inside another.

    Parameters
    ----------
    module : object
        The module's DEEPaaS V2 object: the folder of its source counts.
    job : Path
        The job folder, which does not.
    """
    found = [Path.cwd(), Path.home(), *(Path(name) for name in USUAL), *_source(module), *_named()]
    kept: list[Path] = []
    for path in sorted({each.resolve() for each in found}, key=lambda each: len(each.parts)):
        outside = str(path) in _SYSTEM or path == job or job in path.parents
        if not outside and path.is_dir() and not any(each in path.parents for each in kept):
            kept.append(path)
    return kept


def _source(module: Any) -> Iterator[Path]:
    file = getattr(module, "__file__", None) or getattr(_module_of(module), "__file__", None)
    if not file:
        return
    folder = Path(file).resolve().parent
    while (folder / "__init__.py").is_file():
        package, folder = folder, folder.parent
        if folder.name in PACKAGES:
            yield package
            return
    if folder.name not in PACKAGES:
        yield folder  # a checkout that is installed where it lies: models stand beside the package


def _module_of(module: Any) -> Any:
    import sys  # noqa: PLC0415 - shadows nothing above

    return sys.modules.get(str(getattr(module, "__module__", "")) or type(module).__module__)


def _named() -> Iterator[Path]:
    for name, value in os.environ.items():
        if _VARIABLE.fullmatch(name) and name not in _NOT_THEIRS and value.startswith("/"):
            yield Path(value)


def written(roots: list[Path], since: float, job: Path) -> list[Path]:
    """Return the files below some folders, and in the temporary one, that were written since a time.

    Parameters
    ----------
    roots : list of Path
        As `folders` returned them.
    since : float
        Seconds since 1970.
    job : Path
        The job folder, which is left out.

    Raises
    ------
    TooMuch
        There are too many.
    """
    found = []
    for path in _files(roots, job):
        try:
            state = path.lstat()
        except OSError:
            continue
        # A file that was unpacked has an old time of its content, but changed now.
        if max(state.st_mtime, state.st_ctime) >= since - TICK_S:
            found.append(path)
            if len(found) > MOST_FILES:
                raise TooMuch(f"It wrote more than {MOST_FILES} files, which cannot be kept.")
    return sorted(found)


def _files(roots: list[Path], job: Path) -> Iterator[Path]:
    for root in roots:
        for folder, inside, names in os.walk(str(root)):
            here = Path(folder)
            inside[:] = [
                name
                for name in inside
                if name not in _LEFT_OUT and not name.startswith(".") and here / name != job
            ]
            for name in names:
                path = here / name
                if (
                    not name.endswith(".pyc")
                    and not name.startswith(".")
                    and path.is_file()
                    and not path.is_symlink()
                ):
                    yield path
    for path in Path(tempfile.gettempdir()).glob("*"):
        if not _TEMPORARY.match(path.name) and path.is_file() and not path.is_symlink():
            yield path


def keep(files: list[Path], folder: Path) -> list[dict[str, Any]]:
    """Copy files below a folder under their own absolute paths.

    Parameters
    ----------
    files : list of Path
        Absolute.
    folder : Path
        Where to.

    Returns
    -------
    list of dict
        ``{"path", "size", "sha256"}`` of each.
    """
    kept = []
    for path in files:
        target = folder.joinpath(*path.parts[1:])
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(str(path), str(target))
        kept.append({"path": str(path), "size": target.stat().st_size, "sha256": sha256(target)})
    return kept
