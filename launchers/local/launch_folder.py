"""The folder of a supervised launch: what its files say. The standard library only."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from pathlib import Path

from jobfolder.json_file import read_json
from launchers.local.lock import held

#: The file that a supervisor holds locked as long as it lives.
ALIVE = "alive"


def lives(folder: Path) -> bool:
    """Tell whether a launch runs, or is about to."""
    return held(folder / ALIVE) and not (folder / "exit.json").exists()


def begun(folder: Path) -> bool:
    """Tell whether a launch's command was started, however it ended."""
    return (folder / "begin.json").exists()


def discard(folder: Path) -> None:
    """Remove a launch's folder."""
    # Renamed first: the name is free at once, and nobody meets half a folder.
    gone = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.gone")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def gpus_held(launches: Path) -> set[str]:
    """Return the graphics processors of all launches in a folder of them that run."""
    living = [path for path in launches.glob("[!.]*/launch.json") if lives(path.parent)]
    return {number for path in living for number in (read_json(path) or {}).get("gpus", ())}
