"""Checks a module from end to end."""

from __future__ import annotations

from pathlib import Path

from dashboard.base.errors import NotFound
from dashboard.publishing.check.static import static
from dashboard.publishing.finding import Report
from dashboard.publishing.scaffold.own_names import own_names
from dashboard.publishing.source.tree import SourceTree


def check_folder(path: Path) -> Report:
    """Check the module of a folder.

    Parameters
    ----------
    path : Path
        The folder.

    Returns
    -------
    Report
        What was found.

    Raises
    ------
    NotFound
        If there is no such folder.
    """
    folder = path.resolve()
    if not folder.is_dir():
        raise NotFound(f"There is no folder {path}: name one that holds a module.yaml.")
    report = Report(str(path))
    static.check(SourceTree(folder), report, own_names())
    return report
