"""The folder of a supervised launch. The standard library only."""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json
from launchers.local.lock import held
from launchers.outcome import Cause, End

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


def output(folder: Path) -> bytes:
    """Return what the command printed, as far as it is kept."""
    data = b""
    for name in ("log.1", "log"):
        with contextlib.suppress(FileNotFoundError):
            data += (folder / name).read_bytes()
    return data


def end_of(ended: Mapping[str, Any], launch: Mapping[str, Any]) -> End:
    """Return how a command ended, from its runner's ``exit.json`` and its ``launch.json``."""
    match ended["cause"]:
        case "memory":
            return End(ended["code"], Cause.MEMORY, launch["memory_mb"])
        case "walltime":
            return End(ended["code"], Cause.TIME, launch["walltime_s"])
        case "stop":
            return End(ended["code"], Cause.STOPPED)
    return End(ended["code"])
