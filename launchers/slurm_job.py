"""What a Slurm job runs on its compute node: claims the launch, then supervises its command to the end.

Run as ``python -m launchers.slurm_job FOLDER`` by the script of ``templates/slurm``. A launch that was
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

from launchers import supervisor
from launchers.slurm_array import count_of, finished, folders
from launchers.slurm_judgement import final
from launchers.supervisor import Supervisor

#: Exit code of a job that finds its launch claimed by another one.
CLAIMED = 75


def claim(folder: Path, job: str, task: int | None = None) -> bool:
    """Take the launch for this job; false if another job has it. Creating exclusively works over NFS too."""
    try:
        handle = os.open(folder / "claim.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"job": job, "task": task, "host": socket.gethostname()}, file)
    return True


def main(folder: Path, environment: Mapping[str, str]) -> int:
    """Do it; returns the job's exit code."""
    if "SLURM_ARRAY_TASK_ID" in environment:
        return one_part(folder, environment["SLURM_ARRAY_JOB_ID"], int(environment["SLURM_ARRAY_TASK_ID"]))
    return run(folder, environment["SLURM_JOB_ID"])


def one_part(folder: Path, job: str, task: int) -> int:
    """Do one part, and join them if it was the last."""
    count = count_of(supervisor.read(folder / "launch.json") or {})
    part = folders(folder, count)[task]
    code = run(part, job, task)
    ended = supervisor.read(part / "exit.json")
    if code or ended is None or ended["code"] != 0 or (folder / "stop").exists():
        return code
    return run(folder, job, task) if finished(folder, task, count) else 0


def run(folder: Path, job: str, task: int | None = None) -> int:
    """Supervise the command of a folder, unless another job does."""
    if not claim(folder, job, task):
        print(f"{folder.name} was claimed by another job", file=sys.stderr)  # noqa: T201 into Slurm's own log
        return CLAIMED
    container = (supervisor.read(folder / "launch.json") or {}).get("container", {})
    for source, target, _ in container.get("mounts", ()):
        if not os.access(source, os.F_OK):
            final(folder, 126, f"killed: {missing(source, target)} on {socket.gethostname()}")
            return 126
    Supervisor(folder).run()
    return 0


def missing(source: str, target: str) -> str:
    """Say that a folder of the cluster is not where it should be."""
    return f"{source}, to be seen as {target}, is not there"


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), os.environ))
