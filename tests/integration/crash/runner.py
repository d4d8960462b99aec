"""What a job does here, on every kind of node: a line in the ledger, a little work, artefacts, an exit file.

Standard library only: it runs as ``python runner.py`` in the job folder, and in the fake node's own process.
It claims nothing, unless it is told to: a second run of an attempt must show in the ledger.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

LEDGER = "HUGGINS_CRASH_LEDGER"
CLAIMED = "claims"  # a file beside the ledger: claim the attempt first, as the contract says
TAKEN = 75
BLOCKS = 64


def result(job: str) -> bytes:
    """What a job computes; nobody else can know it before."""
    return b"".join(hashlib.sha256(f"{job} {block}".encode()).digest() for block in range(BLOCKS))


def write(path: Path, content: bytes | dict[str, Any]) -> None:
    """Write by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    new.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
    new.replace(path)


def run(folder: Path, ledger: Path) -> int:
    """Do the job in this folder."""
    job = json.loads((folder / "job.json").read_text())
    if (ledger.parent / CLAIMED).exists():
        try:
            (folder / "out" / "claim.json").touch(exist_ok=False)
        except FileExistsError:
            return TAKEN
    line = f"{job['attempt']} {os.uname().nodename} {os.getpid()}\n"
    descriptor = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    os.write(descriptor, line.encode())
    os.close(descriptor)
    out = folder / "out"
    write(out / "begin.json", {"schema": 1, "attempt": job["attempt"]})
    time.sleep(job["parameters"]["epochs"] / 1000)
    write(out / "result.bin", result(job["job"]))
    write(out / "summary.json", {"metrics": {"blocks": BLOCKS}})
    write(out / "model" / "model.json", {"schema": 1, "classes": ["A", "B"]})
    ended = {"schema": 1, "attempt": job["attempt"], "outcome": "completed", "reason": "", "exit_code": 0}
    write(out / "exit.json", ended)
    return 0


if __name__ == "__main__":
    sys.exit(run(Path.cwd(), Path(os.environ[LEDGER])))
