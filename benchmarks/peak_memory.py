"""How much memory a command takes, all its processes together."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path


def peak_memory(command: list[str]) -> float:
    """Run a command; return the sum of the high-water marks of all its processes, MB."""
    marks: dict[int, float] = {}
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            for pid in _tree(process.pid):
                # A mark only rises, but for a child that becomes another program: the last one is its own.
                marks[pid] = _high_water(pid) or marks.get(pid, 0.0)
            time.sleep(0.01)
    if process.returncode:
        sys.exit(f"{' '.join(command)} ended with code {process.returncode}")
    return sum(marks.values())


def _tree(pid: int) -> list[int]:
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except OSError:
        return [pid]
    return [pid, *(below for child in text.split() for below in _tree(int(child)))]


def _high_water(pid: int) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024.0 for line in lines if line.startswith("VmHWM")), 0.0)
