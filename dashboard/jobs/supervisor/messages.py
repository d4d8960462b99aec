"""Sentences for users about errors of disks and nodes."""

from __future__ import annotations

from pathlib import Path

from dashboard.base.storage import is_storage_full
from launchers import ImageMissing, LaunchError


def of_disk(error: OSError) -> str:
    """Return what a disk could not do, and what to do about it."""
    if is_storage_full(error):
        return "the disk is full: make room below the platform's folder"
    return f"{error.strerror or error} ({Path(error.filename).name})" if error.filename else str(error)


def why_not(error: Exception, node: str) -> str:
    """Return why it could not be started, for the person."""
    match error:
        case ImageMissing():
            return f"cannot start on node {node}: {error.reason}"
        case LaunchError():
            return f"node {node} rejected it: {error.reason}"
        case OSError():
            return f"its folder cannot be written: {of_disk(error)}"
        case _:
            return f"cannot start: {error}"
