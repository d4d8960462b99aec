"""The files of a home that a backup holds."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

#: Lists that sources read lie in `sources`, the files of published modules in `published`.
FOLDERS = ("data", "models", "jobs", "sources", "published")
SPECTRA = "files"  # below data/DATASET: what was uploaded
UNFINISHED = "parts"  # below data/DATASET: uploads that are not whole


def found(home: Path, *, spectra: bool = True) -> Iterator[str]:
    """Yield the regular files of a home, in order; links and pipes that a container made are left out.

    Parameters
    ----------
    home : Path
        The home folder.
    spectra : bool
        Whether to include the files of datasets.

    Yields
    ------
    str
        Path below `home`, with ``/``.
    """
    for top in FOLDERS:
        for folder, inner, names in os.walk(home / top, followlinks=False):
            here = Path(folder).relative_to(home).parts
            inner.sort()
            if len(here) == 2 and top == "data":
                inner[:] = [name for name in inner if name != UNFINISHED and (spectra or name != SPECTRA)]
            for name in sorted(names):
                path = PurePosixPath(*here, name)
                if not (home / path).is_symlink() and (home / path).is_file():
                    yield str(path)


def is_safe(path: str) -> bool:
    """Return whether a path of a backup lies in one of the folders, without a way out.

    Parameters
    ----------
    path : str
        As a member of the archive has it.
    """
    parts = PurePosixPath(path).parts
    clean = "/".join(parts) == path and not path.startswith("/") and "\0" not in path
    return clean and ".." not in parts and len(parts) > 1 and parts[0] in FOLDERS
