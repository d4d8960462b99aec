"""What a run uses of its machine: processor time and memory of its processes, and its GPUs.

A line of ``usage.jsonl`` is written with each heartbeat and at the end. Processes are read in ``/proc``,
which inside a container shows those of the container: no engine and no batch system needs to be asked, and
jobs are told alike wherever they run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

TICK_S = 1.0 / os.sysconf("SC_CLK_TCK")
PAGE_MB = os.sysconf("SC_PAGE_SIZE") / 2**20
PROC = Path("/proc")
#: Fields of ``/proc/PID/stat`` after the name (proc(5)): parent; times, also of children that ended; pages.
_PARENT, _TIMES, _PAGES = 1, slice(11, 15), 21
GPU_QUERY = ("--query-gpu=utilization.gpu,memory.used", "--format=csv,noheader,nounits")
GPU_TIMEOUT_S = 2.0


def sample(process: int | None = None) -> dict[str, float]:
    """Return what a process and its descendants use.

    Parameters
    ----------
    process : int, optional
        The process; None: this one.

    Returns
    -------
    dict
        ``cpu_s``: processor time since they began; ``memory_mb``: what is resident now, shared pages counted
        for each; with GPUs ``gpu_percent`` (the mean) and ``gpu_memory_mb``.
    """
    found = dict(_processes())
    tree = _descendants(process or os.getpid(), {pid: parent for pid, (parent, _, _) in found.items()})
    used = [found[pid] for pid in tree if pid in found]
    told = {
        "cpu_s": round(sum(seconds for _, seconds, _ in used), 2),
        "memory_mb": round(sum(memory for _, _, memory in used), 1),
    }
    return told | _gpus()


def _processes() -> Iterator[tuple[int, tuple[int, float, float]]]:
    """Go through all processes: parent, seconds, megabytes."""
    for entry in os.scandir(PROC):
        if not entry.name.isdigit():
            continue
        try:
            text = (PROC / entry.name / "stat").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        fields = text[text.rindex(")") + 2 :].split()  # the name before may hold anything
        seconds = sum(map(int, fields[_TIMES])) * TICK_S
        yield int(entry.name), (int(fields[_PARENT]), seconds, int(fields[_PAGES]) * PAGE_MB)


def _descendants(first: int, parents: Mapping[int, int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for pid, parent in parents.items():
        children.setdefault(parent, []).append(pid)
    found, waiting = set(), [first]
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _gpus() -> dict[str, float]:
    """Return the use of the GPUs that this process sees; nothing where there is none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return {}
    try:
        done = subprocess.run(
            [program, *GPU_QUERY], capture_output=True, text=True, timeout=GPU_TIMEOUT_S, check=True
        )
        lines = [
            [float(part) for part in line.split(",")] for line in done.stdout.splitlines() if line.strip()
        ]
    except (OSError, ValueError, subprocess.SubprocessError):
        return {}
    if not lines or any(len(line) != len(GPU_QUERY) for line in lines):
        return {}
    return {
        "gpu_percent": round(sum(line[0] for line in lines) / len(lines), 1),
        "gpu_memory_mb": round(sum(line[1] for line in lines), 1),
    }
