"""A launch in parts: a job array whose last task to be done runs the command once more, to join the parts.

Runs on the cluster. The standard library only. Each part has a folder of its own below that of the launch,
which is the folder of the run that joins.
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
    """Return the number of parts of a launch; 1: it is no array."""
    return int(launch.get("spec", {}).get("parts", 1))


def folders(folder: Path, count: int) -> list[Path]:
    """Return the folders of the parts of a launch, in order; none if it has one part."""
    return [folder / "parts" / str(number) for number in range(count)] if count > 1 else []


def prepare(prepared: Path, plans: Iterable[tuple[Path, Mapping[str, Any]]]) -> None:
    """Write the folders of the parts into the prepared folder of a launch.

    Parameters
    ----------
    plans : iterable of (Path, mapping)
        The folder of each part, and the fields of its ``launch.json`` that differ.
    """
    common = read_json(prepared / "launch.json") or {}
    for place, plan in plans:
        write_json(place / "launch.json", {**common, **plan})
        (place / "stop").symlink_to(Path("..", "..", "stop"))


def finished(folder: Path, number: int, count: int) -> bool:
    """Record that a part of a job array is done.

    Exactly one part sees all others, whatever a network file system caches: the holder of the lock reads what
    earlier holders have written.

    Parameters
    ----------
    folder : Path
        The launch's folder, which all parts share.
    number : int
        Number of this part.
    count : int
        Number of parts.

    Returns
    -------
    bool
        Whether this part was the last one.
    """
    with (folder / "done").open("a+", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.write(f"{number}\n")
        file.flush()
        os.fsync(file.fileno())
        file.seek(0)
        return len(set(file.read().split())) == count


def array_status(folder: Path, launch: Mapping[str, Any], jobs: Sequence[Job], number: str) -> dict[str, Any]:
    """Return the status of a launch in parts; see `launchers.slurm.status.job_status`.

    Parameters
    ----------
    jobs : sequence of Job
        Its tasks, as Slurm reports them.
    """
    tasks = {job.task: job for job in jobs}
    active = [job for job in jobs if not ended(job)]
    # Slurm keeps no record of tasks that it removed from the queue.
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
    """Return the status of the first part that is known to have failed; None if there is none."""
    if (found := read_json(folder / "failed.json")) is not None:
        return found
    for number, state in enumerate(states, 1):
        if _has_ended(state) and state["code"] != 0:
            return {**state, "reason": of_part(number, len(states), state["reason"])}
    return None


def _give_up(folder: Path, failed: Mapping[str, Any], number: str, *, active: bool) -> dict[str, Any]:
    """Stop the other parts of a launch of which one failed; then end it with the cause of that part."""
    if not active:
        return record_status(folder, {**failed, "state": "exited"})
    if not (folder / "failed.json").exists():
        slurm_commands.cancel(number)
        write_json(folder / "failed.json", failed)
    elif age(folder / "failed.json", make=False) > PATIENCE_S:
        slurm_commands.kill(number)  # a signal can arrive before the runner handles it
    return {"state": "running", "reason": f"{failed['reason']}; the other parts are being stopped"}


def _joining_status(
    folder: Path, launch: Mapping[str, Any], tasks: Mapping[int | None, Job], number: str
) -> dict[str, Any]:
    """Return the status once all tasks have ended: one of them joins the parts."""
    claimed = read_json(folder / "claim.json")
    if claimed is not None:
        return job_status(folder, launch, tasks.get(claimed["task"]), number)
    if (folder / "stop").exists():
        began = any((place / "claim.json").exists() for place in folders(folder, count_of(launch)))
        return record_end(folder, End(TERMINATED if began else None, Cause.STOPPED))
    return job_status(folder, launch, None, number)
