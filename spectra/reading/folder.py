"""The files of a folder that may hold spectra."""

from __future__ import annotations

import os
from collections.abc import Iterator

_BESIDE = ("readme", "license", "labels.csv", "manifest.csv", "rejected.csv")
"""Beginnings of the names (in small letters) of files that lie beside spectra and are none."""


def files_of(folder: str, below: str = "") -> Iterator[str]:
    """Walk through the files of a folder, relative to it and sorted; links to folders are not followed."""
    with os.scandir(os.path.join(folder, below)) as found:  # noqa: PTH118
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        relative = f"{below}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if not entry.name.startswith("."):
                yield from files_of(folder, f"{relative}/")
        elif not is_beside(relative) and entry.is_file():
            yield relative


def is_beside(path: str) -> bool:
    """Whether a file is hidden, or one that lies beside spectra (README, labels.csv …)."""
    name = path.rpartition("/")[2].lower()
    return name.startswith((".", *_BESIDE)) or any(
        part.startswith(("__MACOSX", ".")) for part in path.split("/")[:-1]
    )
