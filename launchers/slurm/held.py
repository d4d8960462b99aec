"""How long the parts of a launch held their nodes: what its owner's hours are counted by.

Runs on the login node. The standard library only. Slurm's own count comes first: that of its accounting, its
queue or its completion log. A task of which it says nothing counts by the files of its runner, which the
command in the container cannot write.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from launchers.slurm.array import count_of, folders
from launchers.slurm.states import Job
from launchers.slurm.status import age, record_status

#: What Slurm has said of the tasks of a launch: it forgets them.
RECORD = "held.json"


def with_held(
    folder: Path, launch: Mapping[str, Any], jobs: Sequence[Job], state: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the status of a launch in parts with ``held_s``; an end is recorded with it.

    Parameters
    ----------
    folder : Path
        Of the launch.
    launch : mapping
        Its ``launch.json``.
    jobs : sequence of Job
        Its tasks, as far as Slurm reports them now.
    state : mapping
        Its status.
    """
    told = {**state, "held_s": held_s(folder, launch, jobs)}
    return record_status(folder, told) if told["state"] == "exited" else told


def held_s(folder: Path, launch: Mapping[str, Any], jobs: Sequence[Job]) -> float:
    """Return for how many seconds the parts of a launch have held their nodes, added up."""
    known: dict[str, float] = read_json(folder / RECORD) or {}
    counted = {str(job.task): float(job.held_s) for job in jobs if job.task is not None and job.held_s}
    # Of a task that was put back into the queue, Slurm counts the last run alone.
    now = {**known, **{task: max(seconds, known.get(task, 0.0)) for task, seconds in counted.items()}}
    if now != known:
        write_json(folder / RECORD, now)
    places = enumerate(folders(folder, count_of(launch)))
    joined = read_json(folder / "claim.json") or {}
    by_files = {
        str(task): _by_files((place, folder) if joined.get("task") == task else (place,))
        for task, place in places
    }
    return sum(now.get(task, seconds) for task, seconds in by_files.items())


def _by_files(places: Iterable[Path]) -> float:
    """Return the seconds from the claim of each folder to its runner's last file, or to now."""
    total = 0.0
    for place in places:
        if (place / "claim.json").exists():
            ends = [place / name for name in ("exit.json", "final.json") if (place / name).exists()]
            until = max((age(end, make=False) for end in ends), default=0.0)
            total += max(age(place / "claim.json", make=False) - until, 0.0)
    return total
