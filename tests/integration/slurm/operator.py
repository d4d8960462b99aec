"""What an operator of the real cluster can do to it; root is needed. Only these tests may."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

STATE = Path(os.environ.get("HUGGINS_MACHINE_STATE", "/var/lib/huggins")) / "slurm"
WAIT_S = 150

#: What sbatch says when the controller did not answer in time.
TIMED_OUT = (
    'echo "sbatch: error: Batch job submission failed: Socket timed out on send/recv operation" >&2; exit 1'
)


def operate(*command: str) -> str:
    """Run a command as the cluster's operator."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stderr}"
    return done.stdout


def wait(holds: Callable[[], object]) -> None:
    """Wait for the condition, not for a time."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        assert time.monotonic() < deadline, holds
        time.sleep(0.1)


def stop_controller() -> None:
    """End slurmctld; it saves its state, and nobody answers then."""
    pid = int((STATE / "slurmctld.pid").read_text())
    os.kill(pid, signal.SIGTERM)
    wait(lambda: not Path(f"/proc/{pid}").exists())


def start_controller() -> None:
    """Start it as ci/machine.sh does; it outlives the test, and is no child of it: nobody would bury it."""
    subprocess.run(
        ["setsid", "--fork", "slurmctld", "-D"], check=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait(controller_answers)


def controller_answers() -> bool:
    """Tell whether it does."""
    return subprocess.run(["sinfo"], capture_output=True, check=False).returncode == 0


def resume(node: str) -> None:
    """Put a node back; it may have come back by itself, and is then none to be resumed."""
    command = ["scontrol", "update", f"nodename={node}", "state=resume"]
    subprocess.run(command, capture_output=True, check=False)


def bring_back(node: str) -> None:
    """Have a node take jobs again, however it was left.

    Slurm 22.05 can miss that the killed job of a node that was set down has ended: node and job then say
    "completing", and the node cannot be resumed, until its next registration minutes later. Down clears
    that mark.
    """

    def is_back() -> bool:
        state = operate("sinfo", "-h", "-n", node, "-p", "main", "-o", "%T").strip()
        if state.startswith(("idle", "mixed", "allocated")):  # jobs may be waiting for it already
            return True
        if state.startswith("completing") and not operate("squeue", "-h", "-w", node, "-t", "R").strip():
            operate("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
        resume(node)
        seen.append(state)
        return False

    seen: list[str] = []
    try:
        wait(is_back)
    except AssertionError as error:
        raise AssertionError(f"{node} did not come back: it says {seen[-1]}") from error


def script(place: Path, text: str) -> Path:
    """Write an executable for everybody."""
    place.parent.mkdir(exist_ok=True)
    place.parent.chmod(0o755)
    place.write_text(f"#!/bin/sh\n{text}\n")
    place.chmod(0o755)
    return place


def python_with(folder: Path, name: str, text: str) -> Path:
    """Return a python for the login node that meets another command of this name."""
    script(folder / name, text)
    return script(folder / "python", f'PATH={folder}:$PATH exec python3 "$@"')
