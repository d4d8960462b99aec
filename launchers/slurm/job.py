"""The program of a Slurm job on its compute node: claims the launch, then runs its command to the end.

Run as ``python -m launchers.slurm.job FOLDER`` by the script of ``templates/slurm``. A launch that was
submitted twice, which a lost answer of ``sbatch`` can bring about, runs once: the second job finds the claim
and ends. A task of an array does one part; the last one to be done then joins them.

The standard library only.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from jobfolder.json_file import read_json, write_json
from launchers.apptainer import command as apptainer
from launchers.local import gpus
from launchers.local.command_runner import CommandRunner
from launchers.outcome import Cause, End
from launchers.slurm.array import count_of, finished, folders
from launchers.slurm.status import record_end
from launchers.udocker.store import UdockerFailed, UdockerStore

#: Exit code of a job that finds its launch claimed by another one.
CLAIMED = 75

#: Exit code of a job whose node lacks what the launch needs, as shells return for "cannot be executed".
NOT_READY = 126


class NotReady(Exception):
    """The node lacks what the launch needs; the text is a sentence for a person."""


def claim(folder: Path, job: str, task: int | None = None) -> bool:
    """Claim a launch for a Slurm job.

    A launch that was submitted twice runs once. Exclusive creation is atomic over NFS, too.

    Parameters
    ----------
    folder : Path
        The launch's folder.
    job : str
        Id of the Slurm job.
    task : int, optional
        Number of its array task, or None.

    Returns
    -------
    bool
        False if another job has claimed the launch.
    """
    try:
        handle = os.open(folder / "claim.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"job": job, "task": task, "host": socket.gethostname()}, file)
    return True


def main(folder: Path, environment: Mapping[str, str]) -> int:
    """Run the job of a folder; return its exit code."""
    if "SLURM_ARRAY_TASK_ID" in environment:
        return one_part(folder, environment["SLURM_ARRAY_JOB_ID"], int(environment["SLURM_ARRAY_TASK_ID"]))
    return run(folder, environment["SLURM_JOB_ID"])


def one_part(folder: Path, job: str, task: int) -> int:
    """Run one part of a job array, and join the parts if it was the last.

    Parameters
    ----------
    folder : Path
        The launch's folder.
    job : str
        Id of the Slurm job.
    task : int
        Number of the array task.

    Returns
    -------
    int
        The exit code for Slurm.
    """
    count = count_of(read_json(folder / "launch.json") or {})
    part = folders(folder, count)[task]
    code = run(part, job, task)
    ended = read_json(part / "exit.json")
    if code or ended is None or ended["code"] != 0 or (folder / "stop").exists():
        return code
    return run(folder, job, task) if finished(folder, task, count) else 0


def run(folder: Path, job: str, task: int | None = None) -> int:
    """Run the command of a launch, unless another job has claimed it.

    Parameters
    ----------
    folder : Path
        The folder of the launch or of a part.
    job : str
        Id of the Slurm job.
    task : int, optional
        Number of its array task, or None.

    Returns
    -------
    int
        The exit code for Slurm: 0 whenever the command was run, because its own code is in the folder.
    """
    if not claim(folder, job, task):
        print(f"{folder.name} was claimed by another job", file=sys.stderr)  # noqa: T201 into Slurm's own log
        return CLAIMED
    try:
        make_ready(folder)
    except (NotReady, UdockerFailed) as error:
        detail = f"{error} (on {socket.gethostname()})"
        record_end(folder, End(NOT_READY, Cause.NOT_READY, detail=detail))
        return NOT_READY
    CommandRunner(folder).run()
    return 0


def make_ready(folder: Path) -> None:
    """Check, and complete, what the launch needs on this node.

    Raises
    ------
    NotReady, UdockerFailed
        If something is missing.
    """
    launch = read_json(folder / "launch.json") or {}
    container = launch.get("container", {})
    for source, target, _ in container.get("mounts", ()):
        if not os.access(source, os.F_OK):
            raise NotReady(missing(source, target))
    if launch["spec"]["gpus"]:  # the driver is this node's: the login node may have none, or another one
        granted = {gpus.VARIABLE: os.environ.get(gpus.VARIABLE, "")}
        if launch["argv"][0] == apptainer.PROGRAM:  # it mounts the driver by itself
            if not gpus.driver():
                raise NotReady(f"no NVIDIA driver is found here ({gpus.DRIVER}/version is not there)")
            launch["env"] |= apptainer.environment({"env": granted}, {})
        else:
            os.environ["PATH"] = launch["env"]["PATH"]
            UdockerStore(Path(launch["env"]["HOME"])).set_up_nvidia(launch["spec"]["image"])
            container["env"] |= granted
        write_json(folder / "launch.json", launch)


def missing(source: str, target: str) -> str:
    """Return the sentence for a missing mount."""
    return f"{source}, to be seen as {target}, is not there"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), os.environ))
