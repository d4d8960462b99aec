"""A module for tests, run as a real process: does in its job folder what its parameter `epochs` says.

epochs 1: trains · 2: exits 3 without a word · 3: prints and exits 0 without an exit file · 4: is killed
5: waits for a file `go` · 6: waits for SIGTERM
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

JOB = Path.cwd()
OUT = JOB / "out"


def write(path: str, content: Any) -> None:
    target = OUT / path
    target.parent.mkdir(parents=True, exist_ok=True)
    new = target.with_name(f".{target.name}.new")
    new.write_text(json.dumps(content))
    new.replace(target)


def end(outcome: str, attempt: str, reason: str = "", code: int = 0) -> None:
    ended = {"schema": 1, "attempt": attempt, "outcome": outcome, "reason": reason, "exit_code": code}
    write("exit.json", ended)
    sys.exit(code)


def main() -> None:
    job = json.loads((JOB / "job.json").read_text())
    # One line per run, beside all jobs: how often did it really run?
    with (JOB.parents[1] / "runs").open("a") as runs:
        runs.write(f"{job['attempt']}\n")
    mode = job["parameters"]["epochs"]
    if mode == 2:
        os._exit(3)
    write("begin.json", {"schema": 1, "attempt": job["attempt"]})
    if mode == 3:
        print("I have nothing to say to exit.json")
        return
    if mode == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    if mode == 5:
        while not (JOB / "go").exists():
            signal.sigtimedwait([signal.SIGTERM], 0.02)
    if mode == 6:
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
        write("ready", {})
        signal.sigwait([signal.SIGTERM])
        end("aborted", job["attempt"], "asked to stop", 130)
    seen = sorted(path.name for path in (JOB / "in" / "data").iterdir())
    write("summary.json", {"metrics": {"files": len(seen)}})
    write("model/model.json", {"schema": 1, "classes": ["A", "B"]})
    end("completed", job["attempt"])


if __name__ == "__main__":
    main()
