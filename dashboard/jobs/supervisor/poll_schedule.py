"""How often running jobs are polled: often while they are young, rarely when there are many.

A job is polled again after the fraction `PART` of its age, at most after `longest_s`. So the delay with which
a state of its node is seen is a small part of the job's duration, for a second as for a day. All jobs
together are polled at most `POLLS_PER_S` times a second. The start and the end of a runner are seen in its
files, which are cheap to check and are checked `CHECKS_PER_PASS` times as often.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Container, Mapping, Sequence
from pathlib import Path

from jobfolder import names

FASTEST_S = 0.02
PART = 0.1  # of its age
CHECKS_PER_PASS = 20
CHECK_LEAST_S = 0.005  # the least between two checks of the files
CHECKS_PER_S = 500.0  # jobs whose files are checked
POLLS_PER_S = 8.0
ROWS_PER_S = 125.0  # rows of jobs that are read, by all passes together
START_AND_END_FILES = (names.BEGIN, names.EXIT)
WATCHED_FILES = (*START_AND_END_FILES, names.PROGRESS, names.METRICS, names.LOG)
Signs = tuple[tuple[int, int], ...]


class PollSchedule:
    """Decides which running jobs to poll now.

    Parameters
    ----------
    longest_s : float
        Between two polls of a job, while few run.
    """

    def __init__(self, longest_s: float) -> None:
        self._longest_s = longest_s
        self._since: dict[str, float] = {}  # when the job was first seen running
        self._next: dict[str, float] = {}
        self._signs: dict[str, Signs] = {}
        self._running: Mapping[str, Path] = {}

    def due(self, running: Mapping[str, Path], now: float | None = None) -> set[str]:
        """Return the jobs to poll now. It reads the disk: call it in a thread.

        Parameters
        ----------
        running : Mapping
            Job to its ``out/``; other jobs are forgotten.
        now : float, optional
            Seconds, instead of the monotonic clock's.
        """
        now = time.monotonic() if now is None else now
        self._running = running
        for job in self._since.keys() - running.keys():
            for known in (self._since, self._next, self._signs):
                known.pop(job, None)
        found = set()
        for job, out in running.items():
            since = self._since.setdefault(job, now)
            signs = _signs(out)
            if signs != self._signs.get(job) or now >= self._next.get(job, now):
                self._signs[job] = signs
                self._next[job] = now + max(self._wait(now - since), len(running) / POLLS_PER_S)
                found.add(job)
        return found

    def started_or_ended(self, busy: Container[str] = ()) -> set[str]:
        """Return the jobs whose runner has started or ended since the last call. It reads the disk.

        Parameters
        ----------
        busy : container of str
            Jobs that are being reconciled: they are returned by a later call.
        """
        found = set()
        for job, out in self._running.items():
            if job in busy:
                continue
            signs = _signs(out, START_AND_END_FILES)
            known = self._signs.get(job, ())
            if signs != known[: len(START_AND_END_FILES)]:
                self._signs[job] = (*signs, *known[len(START_AND_END_FILES) :])
                found.add(job)
        return found

    def pass_interval(self, now: float | None = None) -> float:
        """Return the seconds until the next pass over all jobs."""
        return max(self._wait(self._youngest(now)), len(self._since) / ROWS_PER_S)

    def check_interval(self, now: float | None = None) -> float:
        """Return the seconds until the next call of `started_or_ended`; infinite when nothing runs."""
        if not self._since:
            return math.inf
        return max(self.pass_interval(now) / CHECKS_PER_PASS, CHECK_LEAST_S, len(self._since) / CHECKS_PER_S)

    def _youngest(self, now: float | None) -> float:
        now = time.monotonic() if now is None else now
        return min((now - since for since in self._since.values()), default=now)

    def _wait(self, age: float) -> float:
        return min(max(PART * age, FASTEST_S), self._longest_s)


def _signs(out: Path, names: Sequence[str] = WATCHED_FILES) -> Signs:
    return tuple(_sign(name, out) for name in names)


def _sign(name: str, out: Path) -> tuple[int, int]:
    try:
        found = os.lstat(f"{out}/{name}")
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_size)
