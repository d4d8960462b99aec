"""Jobs as Slurm reports them, and what their states mean for a launch. The standard library only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from launchers.outcome import Cause, End, SchedulerReport

#: States of a job that waits (squeue(1), "JOB STATE CODES").
WAITING = frozenset(
    {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"}
)

#: States of a job that holds its node.
ACTIVE = frozenset({"RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING"})

#: Seconds after the end of a job in which its files and records may be missing: network file systems and
#: accounting databases are late.
GRACE_S = 90.0

_PAIR = re.compile(r"(\w+)=(\S*)")
_USED = re.compile(r"(?:(?:(\d+)-)?(\d+):)?(\d+):(\d+)")


@dataclass(frozen=True)
class Job:
    """A job, as ``squeue``, ``sacct`` or the completion log has it.

    Attributes
    ----------
    job : str
        Its number.
    state : str
        Slurm's state, in capitals.
    reason : str
        Why it waits or ended, as Slurm reports it; may be empty.
    start : int or None
        When it is expected to start, in seconds since 1970.
    workdir : str
        Its working directory, which identifies the launch.
    exit_code : str
        ``CODE:SIGNAL``.
    nodes : str
        Where it ran.
    task : int or None
        Which task of a job array; `job` is the array's number then.
    held_s : int or None
        For how many seconds it has held, or held, its node, by Slurm's own count.
    """

    job: str
    state: str
    reason: str = ""
    start: int | None = None
    workdir: str = ""
    exit_code: str = ""
    nodes: str = ""
    task: int | None = None
    held_s: int | None = None


def from_queue(line: str) -> Job | None:
    """Read a line of ``squeue -r -o '%F|%K|%T|%r|%S|%N|%M|%Z'`` with ``SLURM_TIME_FORMAT=%s``."""
    parts = line.split("|", 7)
    if len(parts) < 8:
        return None
    job, task, state, reason, start, nodes, used, workdir = parts
    moment = int(start) if start.isdigit() else None
    return Job(job, state, reason, moment, workdir, "", nodes, _task(task), seconds_of(used))


def from_accounting(line: str) -> Job | None:
    """Read a line of ``sacct -P -o JobID,State,ExitCode,Reason,NodeList,ElapsedRaw,WorkDir``."""
    parts = line.split("|", 6)
    if len(parts) < 7:
        return None
    number, state, code, reason, nodes, used, workdir = parts
    job, _, task = number.partition("_")
    state = state.split()[0] if state else ""
    held_s = int(used) if used.isdigit() else None
    return Job(job, state, reason, None, workdir, code, nodes, _task(task), held_s)


def from_completion_log(line: str) -> Job | None:
    """Read a line of ``jobcomp/filetxt``."""
    found = dict(_PAIR.findall(line))
    if not found.get("JobId") or not found.get("JobState"):
        return None
    task = _task(found.get("ArrayTaskId", ""))
    return Job(
        found["JobId"] if task is None else found.get("ArrayJobId", ""), found["JobState"], "", None,
        found.get("WorkDir", ""), found.get("ExitCode", ""), found.get("NodeList", ""), task,
        _between(found.get("StartTime", ""), found.get("EndTime", "")),
    )  # fmt: skip


def seconds_of(text: str) -> int | None:
    """Return the seconds of a time as ``squeue`` writes it: ``[[DAYS-]HOURS:]MINUTES:SECONDS``."""
    found = _USED.fullmatch(text)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(one or 0) for one in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def _between(start: str, end: str) -> int | None:
    """Return the seconds between two times of the completion log; None where one is ``Unknown``."""
    try:
        return max(int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds()), 0)
    except ValueError:
        return None


def _task(text: str) -> int | None:
    return int(text) if text.isdigit() else None


def called(job: Job) -> str:
    """Return the number of a job, as Slurm's commands take it."""
    return job.job if job.task is None else f"{job.job}_{job.task}"


def ended(job: Job) -> bool:
    """Return whether a job neither waits nor holds a node."""
    return job.state not in WAITING and job.state not in ACTIVE


def waiting(job: Job) -> str:
    """Return the sentence for a job in the queue."""
    sentence = f"waits in Slurm's queue as job {called(job)} ({job.reason or job.state})"
    if job.start is not None:
        moment = datetime.fromtimestamp(job.start, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        sentence += f"; Slurm expects it to start at {moment}"
    return sentence


#: The cause of an end, by Slurm's final state.
_CAUSES = {
    "TIMEOUT": Cause.TIME,
    "DEADLINE": Cause.TIME,
    "OUT_OF_MEMORY": Cause.MEMORY,
    "NODE_FAIL": Cause.NODE,
    "BOOT_FAIL": Cause.NODE,
    "PREEMPTED": Cause.PREEMPTED,
    "CANCELLED": Cause.CANCELLED,
    "REVOKED": Cause.CANCELLED,
}


def end_of(job: Job, launch: Mapping[str, Any], exit_code: int | None) -> End:
    """Return the end of a job that Slurm ended, or whose runner recorded nothing.

    Parameters
    ----------
    job : Job
        The job, as Slurm reports it.
    launch : mapping
        Its ``launch.json``: ``memory_mb``.
    exit_code : int or None
        As the runner, else Slurm, has it.
    """
    cause = _CAUSES.get(job.state, Cause.LOST)
    report = SchedulerReport(called(job), job.state, job.reason, job.nodes, job.exit_code)
    return End(exit_code, cause, launch["memory_mb"] if cause is Cause.MEMORY else None, report)


def code_of(job: Job) -> int | None:
    """Return the exit code of a killed job, 128 + n for signal n; None if Slurm has none."""
    code, _, signal = job.exit_code.partition(":")
    if signal.isdigit() and int(signal):
        return 128 + int(signal)
    return int(code) if code.isdigit() and int(code) else None
