"""What a Slurm job runs on its compute node: claims the launch, then supervises its command to the end.

Run as ``python -m launchers.slurm_job FOLDER`` by the script of ``templates/slurm``. A launch that was
submitted twice, which a lost answer of ``sbatch`` can bring about, runs once: the second job finds the claim
and ends. The standard library only.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from pathlib import Path

from launchers.supervisor import Supervisor

#: Exit code of a job that finds its launch claimed by another one.
CLAIMED = 75


def claim(folder: Path, job: str) -> bool:
    """Take the launch for this job; false if another job has it. Creating exclusively works over NFS too."""
    try:
        handle = os.open(folder / "claim.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump({"job": job, "host": socket.gethostname()}, file)
    return True


def main(folder: Path, job: str) -> int:
    """Do it; returns the job's exit code."""
    if not claim(folder, job):
        print(f"{folder.name} was claimed by another job", file=sys.stderr)  # noqa: T201 into Slurm's own log
        return CLAIMED
    Supervisor(folder).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), os.environ["SLURM_JOB_ID"]))
