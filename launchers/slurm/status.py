"""The status of a launch, from the files of its runner and Slurm's report of its job.

Runs on the login node. The standard library only. The runner's record comes first, then the scheduler's
report; without either, the status is unknown for `GRACE_S` and then ended.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jobfolder.json_file import read_json, write_json
from launchers.base import Status
from launchers.local.launch_folder import end_of as end_by_runner
from launchers.outcome import Cause, End, SchedulerReport
from launchers.slurm.states import GRACE_S, WAITING, Job, called, code_of, end_of, ended, waiting

#: States of a job whose script ended by itself; they say nothing about the cause.
BY_ITSELF = frozenset({"COMPLETED", "FAILED"})

#: Exit code of a command that SIGTERM ended.
TERMINATED = 128 + signal.SIGTERM


def recorded_status(folder: Path, launch: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the status if the files of the launch record its end; None: Slurm must be queried."""
    if (told := read_json(folder / "final.json")) is not None:
        return told
    found = read_json(folder / "exit.json")
    if found is None:
        return None
    # Slurm's signal may reach the command before the runner, which then records a plain failure.
    doubtful = found["cause"] == "stop" or (not found["cause"] and found["code"])
    if doubtful and not (folder / "stop").exists():
        return None
    return record_end(folder, end_by_runner(found, launch))


def job_status(folder: Path, launch: Mapping[str, Any], job: Job | None, number: str) -> dict[str, Any]:
    """Return the status of a launch without a `recorded_status`.

    Parameters
    ----------
    folder : Path
        The folder of the launch.
    launch : mapping
        Its ``launch.json``.
    job : Job or None
        Its job, as Slurm reports it.
    number : str
        The job's number.
    """
    if job is None or ended(job):
        return _end_status(folder, launch, job, number)
    (folder / "unseen").unlink(missing_ok=True)
    if job.state in WAITING:
        return {"state": "starting", "reason": waiting(job)}
    if job.state == "SUSPENDED":
        return {"state": "running", "reason": f"Slurm has suspended job {called(job)}"}
    if (folder / "begin.json").exists():
        return {"state": "running", "reason": ""}
    return {"state": "starting", "reason": f"is being started on {job.nodes} as Slurm's job {called(job)}"}


def record_end(folder: Path, end: End) -> dict[str, Any]:
    """Record an end, as `launchers.base.Status.to_json` writes it, because Slurm forgets it; return it."""
    return record_status(folder, Status.ended(end).to_json())


def record_status(folder: Path, told: dict[str, Any]) -> dict[str, Any]:
    """Record the status of a launch that ended; return it."""
    write_json(folder / "final.json", told)
    return told


def age(path: Path, *, make: bool = True) -> float:
    """Return the seconds since a file was written; creates it if it is missing."""
    if make and not path.exists():
        path.touch()
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0


def _end_status(folder: Path, launch: Mapping[str, Any], job: Job | None, number: str) -> dict[str, Any]:
    asked = (folder / "stop").exists()
    found = read_json(folder / "exit.json")
    if found is not None:  # Slurm, or a user of it, stopped the runner
        by_slurm = job is not None and job.state not in BY_ITSELF
        by_runner = end_by_runner(found, launch)
        return record_end(folder, end_of(job, launch, found["code"]) if job and by_slurm else by_runner)
    if job is not None and asked:
        began = (folder / "claim.json").exists()
        return record_end(folder, End(code_of(job) or TERMINATED if began else None, Cause.STOPPED))
    if job is not None and job.state not in BY_ITSELF:
        return record_end(folder, end_of(job, launch, code_of(job)))
    if age(folder / "unseen") < GRACE_S:
        seen = f"Slurm says {job.state}" if job else f"Slurm's queue has no job {number} any more"
        return {"state": "unknown", "reason": f"{seen}; waiting for its files"}
    if job is not None:
        return record_end(folder, end_of(job, launch, code_of(job)))
    return record_end(folder, End(None, Cause.LOST, scheduler=SchedulerReport(number)))
