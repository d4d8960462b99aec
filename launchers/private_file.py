"""Files that hold a secret: keys, passwords. A file that other users can read holds none."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def exposed(path: str | Path) -> str:
    """Return why a file cannot be trusted to hold a secret; empty if it can, or is not there.

    The rule is that of ssh: it belongs to this user, or to the administrator, and nobody else has any right.

    Parameters
    ----------
    path
        Of the file; ``~`` is this user's home. Links are followed.
    """
    file = Path(path).expanduser()
    try:
        found = file.stat()
    except OSError:
        return ""  # who opens it says so
    if found.st_uid not in {0, os.getuid()}:
        return f"{file} belongs to another user: make it your own"
    if found.st_mode & _OTHERS:
        mode = stat.S_IMODE(found.st_mode)
        return f"{file} can be used by other users (mode {mode:04o}): run chmod 600 {file}"
    return ""
