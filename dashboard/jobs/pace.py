"""How often running jobs are looked at: often while they are young, seldom when there are many.

A job is looked at after another `PART` of its age, so its end is seen late by a small part of the time that
it took, whether that is a second or a day; at the most after `slowest_s`. All together are looked at no more
than `LOOKS_PER_S` times a second, however many run. A job of which a file changed is looked at at once: to
see that is one cheap question to the disk.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

FASTEST_S = 0.02
PART = 0.03  # of its age
LOOKS_PER_S = 12.0
ROWS_PER_S = 250.0  # rows of jobs that are read again, all passes together
STIRRING = ("exit.json", "progress.jsonl", "metrics.jsonl", "log.txt")
Signs = tuple[tuple[int, int], ...]


class Pace:
    """Says which running jobs are to be looked at now.

    Parameters
    ----------
    slowest_s : float
        Between two looks at a job, while few run.
    """

    def __init__(self, slowest_s: float) -> None:
        self._slowest_s = slowest_s
        self._since: dict[str, float] = {}  # when we first saw it run
        self._next: dict[str, float] = {}
        self._signs: dict[str, Signs] = {}

    def due(self, running: Mapping[str, Path], now: float | None = None) -> set[str]:
        """Return the jobs to be looked at now; blocks for the disk's time: call it in a thread.

        Parameters
        ----------
        running : Mapping
            Job to its ``out/``; what is not named any more is forgotten.
        now : float, optional
            Seconds, instead of the monotonic clock's.
        """
        now = time.monotonic() if now is None else now
        for job in self._since.keys() - running.keys():
            for known in (self._since, self._next, self._signs):
                known.pop(job, None)
        found = set()
        for job, out in running.items():
            since = self._since.setdefault(job, now)
            signs = _signs(out)
            if signs != self._signs.get(job) or now >= self._next.get(job, now):
                self._signs[job] = signs
                self._next[job] = now + max(self._wait(now - since), len(running) / LOOKS_PER_S)
                found.add(job)
        return found

    def pause(self, now: float | None = None) -> float:
        """Return for how long to wait before the next pass over all jobs."""
        now = time.monotonic() if now is None else now
        ages = [now - since for since in self._since.values()]
        return max(self._wait(min(ages, default=now)), len(ages) / ROWS_PER_S)

    def _wait(self, age: float) -> float:
        return min(max(PART * age, FASTEST_S), self._slowest_s)


def _signs(out: Path) -> Signs:
    return tuple(_sign(name, out) for name in STIRRING)


def _sign(name: str, out: Path) -> tuple[int, int]:
    try:
        found = os.lstat(f"{out}/{name}")
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
