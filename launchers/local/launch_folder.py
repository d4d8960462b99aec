"""The folder of a supervised launch. The standard library only."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from pathlib import Path

from jobfolder.json_file import read_json
from launchers.local.lock import held

#: The file that a command runner holds locked while it lives.
ALIVE = "alive"


def lives(folder: Path) -> bool:
    """Return whether a launch runs or is starting."""
    return held(folder / ALIVE) and not (folder / "exit.json").exists()


def begun(folder: Path) -> bool:
    """Return whether the command of a launch was started."""
    return (folder / "begin.json").exists()


def discard(folder: Path) -> None:
    """Remove a launch's folder."""
    # Renamed first: the name is free at once, and no reader sees half a folder.
    gone = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.gone")
    with contextlib.suppress(FileNotFoundError):
        folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


def gpus_held(launches: Path) -> set[str]:
    """Return the GPUs of all running launches in a folder of launches."""
    living = [path for path in launches.glob("[!.]*/launch.json") if lives(path.parent)]
    return {number for path in living for number in (read_json(path) or {}).get("gpus", ())}
