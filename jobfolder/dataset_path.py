"""From a path as a container sees it to the path by which the dataset calls the file.

A container finds a dataset below `names.DATA` of its job folder, wherever that is mounted; what it records of
files (feature sets, rejections, predictions) must be found again in the dataset.
"""

from __future__ import annotations

from pathlib import Path

from jobfolder import names

_DATA = f"{names.DATA}/"


def data_prefix(data: Path) -> str:
    """Return what the paths of a run's files begin with, given its input: a folder, or a single file."""
    return f"{data if data.is_dir() else data.parent}/"


def dataset_path(path: str, prefix: str | None = None) -> str:
    """Return the path of a file, or of an archive's member, as the dataset calls it.

    Parameters
    ----------
    path
        As a container recorded it.
    prefix
        `data_prefix` of the run; without it, the job folder's own place for data is looked for in `path`.
    """
    if prefix is not None:
        return path.removeprefix(prefix)
    if path.startswith(_DATA):
        return path.removeprefix(_DATA)
    _, found, rest = path.partition(f"/{_DATA}")
    return rest if found else path
