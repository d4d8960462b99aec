"""The commands of Slurm, called on the login node. The standard library only."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable
from pathlib import Path

from launchers.slurm.states import Job, from_accounting, from_completion_log, from_queue

#: Seconds in which a command must answer; `sbatch` too, which Slurm itself gives up after about 100.
TIMEOUT_S = 25

#: Bytes at the end of the completion log that are searched.
LOG_BYTES = 2**24

_NOT_ANSWERED = re.compile(
    r"timed out|unable to contact|connection refused|connection reset|communication|zero bytes|try again",
    re.IGNORECASE,
)


class SlurmUnavailable(Exception):
    """Slurm did not answer; the text is a sentence for a person."""


class SlurmRejected(Exception):
    """Slurm rejected the call; the text is its own."""


def call(*command: str, text: str | None = None) -> str:
    """Run a command of Slurm and return its output.

    Parameters
    ----------
    *command : str
        The command with its arguments.
    text : str, optional
        Its standard input.

    Raises
    ------
    SlurmUnavailable
        If Slurm does not answer.
    SlurmRejected
        If Slurm rejects the call.
    """
    env = {**os.environ, "SLURM_TIME_FORMAT": "%s", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(
            command, input=text or "", env=env, capture_output=True, text=True, errors="replace",
            timeout=TIMEOUT_S, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise SlurmUnavailable(f"{command[0]} did not answer within {TIMEOUT_S} s") from error
    except OSError as error:
        reason = f"{command[0]} cannot be called on the login node: {error.strerror}"
        raise SlurmUnavailable(reason) from error
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"{command[0]} ended with code {done.returncode}"
        raise SlurmUnavailable(said) if _NOT_ANSWERED.search(said) else SlurmRejected(said)
    return done.stdout


def queue(name: str | None = None) -> list[Job]:
    """Return the user's jobs that Slurm's controller knows, including those that ended recently."""
    asked = ["squeue", "-h", "-r", "-t", "all", "-u", getpass.getuser(), "-o", "%F|%K|%T|%r|%S|%N|%M|%Z"]
    lines = call(*asked, *([f"--name={name}"] if name else [])).splitlines()
    return [job for line in lines if (job := from_queue(line)) is not None]


def completed(jobs: Collection[str] = (), name: str | None = None) -> list[Job]:
    """Return jobs that have left the queue, by number or name, from accounting or the completion log."""
    lines = [line.partition("=") for line in call("scontrol", "show", "config").splitlines()]
    config = {key.strip(): value.strip() for key, _, value in lines}
    if "none" not in config.get("AccountingStorageType", "none"):
        chosen = ["-j", ",".join(jobs)] if jobs else ["--name", name or "", "-S", "now-30days"]
        fields = "JobID,State,ExitCode,Reason,NodeList,ElapsedRaw,WorkDir"
        answer = call("sacct", "-n", "-X", "-P", "--array", *chosen, "-o", fields)
        return [job for line in answer.splitlines() if (job := from_accounting(line)) is not None]
    if config.get("JobCompType") != "jobcomp/filetxt":
        return []
    return [*_logged(Path(config.get("JobCompLoc", "")), set(jobs), name)]


def _logged(path: Path, jobs: set[str], name: str | None) -> Iterable[Job]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LOG_BYTES))
            for line in file:
                text = line.decode("utf-8", "replace")
                job = from_completion_log(text)
                if job is not None and (job.job in jobs or (name and f" Name={name} " in text)):
                    yield job
    except OSError:  # not every user may read it: the queue and the launch's files must suffice
        return


def submit(script: str, *options: str) -> str:
    """Submit a script and return the job's number."""
    return call("sbatch", "--parsable", *options, text=script).strip().split(";")[0]


def cancel(job: str) -> None:
    """Remove a job from the queue, or send SIGTERM to its runner; a job that has ended is left as it is."""
    for options in (("--state=PENDING",), ("--batch", "--signal=TERM")):
        _scancel(*options, job)


def kill(job: str) -> None:
    """Kill a job."""
    _scancel(job)
    _scancel("--full", "--signal=KILL", job)


def _scancel(*arguments: str) -> None:
    try:
        call("scancel", "--quiet", *arguments)
    except SlurmRejected:  # it has ended or never existed
        return


def cluster(partition: str) -> dict[str, object]:
    """Return a description of the cluster: version, nodes by state, partitions, sizes.

    Parameters
    ----------
    partition : str
        Count that one's nodes only; empty: the default partition's.
    """
    version = call("sinfo", "--version").strip()
    rows = [
        line.split("|") for line in call("sinfo", "-h", "-N", "-o", "%N|%P|%T|%c|%m|%G|%l|%E").splitlines()
    ]
    rows = [row for row in rows if len(row) == 8]
    partitions = sorted({row[1].rstrip("*") + f" (up to {row[6]})" for row in rows})
    ours = [row for row in rows if (row[1].rstrip("*") == partition if partition else row[1].endswith("*"))]
    states = {row[0]: row[2] + (f" ({row[7]})" if row[7] != "none" else "") for row in ours}
    return {
        "version": version,
        "partitions": partitions,
        "nodes": states,
        "up": sum(1 for row in ours if row[2].rstrip("*") in _USABLE and not row[2].endswith("*")),
        "cpus": sum(_number(row[3]) for row in ours),
        "memory_mb": sum(_number(row[4]) for row in ours),
        "gpus": sum(_gpus(row[5]) for row in ours),
        "largest_cpus": max((_number(row[3]) for row in ours), default=0),
        "largest_memory_mb": max((_number(row[4]) for row in ours), default=0),
        "disk_free_mb": shutil.disk_usage(Path.home()).free // 2**20,
    }


_USABLE = frozenset({"idle", "mixed", "allocated", "completing", "reserved", "planned"})


def _number(text: str) -> int:
    found = re.match(r"\d+", text)
    return int(found[0]) if found else 0


def _gpus(text: str) -> int:
    return sum(int(count) for count in re.findall(r"gpu(?::[^:,(]+)?:(\d+)", text))
