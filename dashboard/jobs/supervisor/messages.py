"""What a person reads of errors of disks and nodes."""

from __future__ import annotations

import errno
from pathlib import Path

from launchers import ImageMissing, LaunchError


def of_disk(error: OSError) -> str:
    """Return what a disk refused, and what to do."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "the disk is full: make room below the platform's folder"
    return f"{error.strerror or error} ({Path(error.filename).name})" if error.filename else str(error)


def why_not(error: Exception, node: str) -> str:
    """Return why it could not be started, for the person."""
    match error:
        case ImageMissing():
            return f"cannot start on node {node}: {error.reason}"
        case LaunchError():
            return f"node {node} refused it: {error.reason}"
        case OSError():
            return f"its folder cannot be written: {of_disk(error)}"
        case _:
            return f"cannot start: {error}"
