"""A launch in parts: a job array whose last task to be done runs the command once more, to join the parts.

Runs on the cluster. The standard library only. Each part has a folder like a launch's, below the launch's
own; the launch's own is that of the run that joins.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from launchers.outcome import Cause, End, of_part
from launchers.slurm import commands as slurm_commands
from launchers.slurm.states import WAITING, Job, ended, waiting
from launchers.slurm.status import TERMINATED, age, job_status, record_end, record_status, recorded_status

#: Seconds for parts to end after another one has failed.
PATIENCE_S = 20.0


def count_of(launch: Mapping[str, Any]) -> int:
    """Return in how many parts a launch is done; 1: it is no array."""
    return int(launch.get("spec", {}).get("parts", 1))


def folders(folder: Path, count: int) -> list[Path]:
    """Return the folders of a launch's parts, in order; none if there is one part only."""
    return [folder / "parts" / str(number) for number in range(count)] if count > 1 else []


def prepare(prepared: Path, plans: Iterable[tuple[Path, Mapping[str, Any]]]) -> None:
    """Make the parts' folders in that of the launch, which is being prepared.

    Parameters
    ----------
    plans : iterable of (Path, mapping)
        Each part's folder, and what is special in its ``launch.json``.
    """
    common = read_json(prepared / "launch.json") or {}
    for place, plan in plans:
        write_json(place / "launch.json", {**common, **plan})
        (place / "stop").symlink_to(Path("..", "..", "stop"))


def finished(folder: Path, number: int, count: int) -> bool:
    """Note that a part is done; tells whether it was the last one.

    One of them sees all others, whatever a network file system keeps in its cache: who gets the lock reads
    what those before it have written.
    """
    with (folder / "done").open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{number}\n")
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return len(set(file.read().split())) == count


def array_status(folder: Path, launch: Mapping[str, Any], jobs: Sequence[Job], number: str) -> dict[str, Any]:
    """Say where a launch in parts stands; see `launchers.slurm.status.job_status`.

    Parameters
    ----------
    jobs : sequence of Job
        What Slurm knows of its tasks.
    """
    tasks = {job.task: job for job in jobs}
    active = [job for job in jobs if not ended(job)]
    # Slurm keeps no record of each task that it took out of the queue.
    over = bool(jobs) and not active and (folder / "stop").exists()
    states = []
    for task, place in enumerate(folders(folder, count_of(launch))):
        part = read_json(place / "launch.json") or launch
        state = recorded_status(place, part)
        if state is None and over and not (place / "claim.json").exists():
            state = record_end(place, End(None, Cause.STOPPED))
        states.append(state or job_status(place, part, tasks.get(task), f"{number}_{task}"))
    if not (folder / "stop").exists() and (failed := _failed(folder, states)) is not None:
        return _give_up(folder, failed, number, active=bool(active))
    if active:
        words = f"{sum(map(_has_ended, states))} of {len(states)} parts are done"
        if all(job.state in WAITING for job in active) and not any(map(_has_ended, states)):
            return {"state": "starting", "reason": f"{waiting(active[0])}; {words}"}
        return {"state": "running", "reason": words}
    for state in states:
        if not _has_ended(state):
            return state
    return _joining_status(folder, launch, tasks, number)


def _has_ended(state: Mapping[str, Any]) -> bool:
    return bool(state["state"] == "exited")


def _failed(folder: Path, states: Sequence[Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return the end of the part that failed first, of which was heard; None if all is well."""
    if (found := read_json(folder / "failed.json")) is not None:
        return found
    for number, state in enumerate(states, 1):
        if _has_ended(state) and state["code"] != 0:
            return {**state, "reason": of_part(number, len(states), state["reason"])}
    return None


def _give_up(folder: Path, failed: Mapping[str, Any], number: str, *, active: bool) -> dict[str, Any]:
    """End a launch of which a part has failed, in that part's words, when the others have been stopped."""
    if not active:
        return record_status(folder, {**failed, "state": "exited"})
    if not (folder / "failed.json").exists():
        slurm_commands.cancel(number)
        write_json(folder / "failed.json", failed)
    elif age(folder / "failed.json", make=False) > PATIENCE_S:
        slurm_commands.kill(number)  # a signal can come before there is anybody to hear it
    return {"state": "running", "reason": f"{failed['reason']}; the other parts are being stopped"}


def _joining_status(
    folder: Path, launch: Mapping[str, Any], tasks: Mapping[int | None, Job], number: str
) -> dict[str, Any]:
    """All tasks have ended: one of them has joined the parts, or was to."""
    claimed = read_json(folder / "claim.json")
    if claimed is not None:
        return job_status(folder, launch, tasks.get(claimed["task"]), number)
    if (folder / "stop").exists():
        began = any((place / "claim.json").exists() for place in folders(folder, count_of(launch)))
        return record_end(folder, End(TERMINATED if began else None, Cause.STOPPED))
    return job_status(folder, launch, None, number)
