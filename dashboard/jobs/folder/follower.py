"""Following a job's files while it runs: only what is new is read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.base import clock
from dashboard.base.untrusted_folder import ConfinedFolder, readable
from dashboard.jobs.folder.results import finite, json_lines, metric_point, moment_of
from jobfolder import names

PIECE = 2**20  # bytes read of a file in one look; what is beyond comes with the next
TAIL = 65_536  # bytes at the end that are enough to know how far it is, when joining late
MESSAGE_LIMIT = 300


@dataclass(frozen=True)
class AttemptUpdate:
    """What has come since the last look.

    Attributes
    ----------
    progress : Mapping or None
        ``{"phase","step","total","message","fraction","seconds_left"}``; None: as before.
    metrics : list
        ``{"name","step","value","time"}``.
    log_size : int or None
        Bytes; None: as before.
    """

    progress: Mapping[str, Any] | None = None
    metrics: list[dict[str, Any]] = field(default_factory=list)
    log_size: int | None = None


class Follower:
    """Reads an attempt's ``out/`` as it grows. `look` blocks for a file's time: call it in a thread."""

    def __init__(self, out: Path) -> None:
        self._folder = ConfinedFolder(out)
        self._offsets: dict[str, int] = {}
        self._log_size = 0
        self._phase: str | None = None
        self._start: tuple[float, float] | None = (
            None  # (time in seconds, step) where the phase was first seen
        )

    def look(self) -> AttemptUpdate:
        """Return what is new."""
        progress = None
        for line in json_lines(self._new(names.PROGRESS)):
            progress = self._estimate(line)
        points = [
            {"name": readable(line["name"]), **point}
            for line in json_lines(self._new(names.METRICS))
            if (point := metric_point(line)) is not None
        ]
        size = self._folder.size(names.LOG) or 0
        grown = size != self._log_size
        self._log_size = size
        return AttemptUpdate(progress, points, size if grown else None)

    def silent_since(self, grace_s: float) -> str | None:
        """Return when the heartbeat was last touched, if that is longer ago than `grace_s`."""
        try:
            with self._folder.open(names.HEARTBEAT) as file:
                touched = os.fstat(file.fileno()).st_mtime
        except OSError:
            return None
        moment = clock.of_seconds(touched)
        return moment if clock.seconds_since(moment) > grace_s else None

    def _new(self, path: str) -> bytes:
        """Return the complete lines that came since; the first time, only the end of a long file."""
        size = self._folder.size(path)
        if size is None:
            return b""
        joining = path not in self._offsets and size > TAIL
        offset = size - TAIL if joining else self._offsets.get(path, 0)
        if size < offset:  # written anew
            offset = 0
        if size == offset:
            return b""
        try:
            content = self._folder.read(path, PIECE, offset)
        except OSError:
            return b""
        end = content.rfind(b"\n") + 1
        # A line longer than a piece would stop us for ever: it is passed over.
        self._offsets[path] = offset + (end if end or len(content) < PIECE else len(content))
        return content[:end]

    def _estimate(self, line: Mapping[str, Any]) -> dict[str, Any]:
        step, total = finite(line.get("step")), finite(line.get("total"))
        phase = readable(str(line.get("phase", "")), MESSAGE_LIMIT)
        known: dict[str, Any] = {
            "phase": phase,
            "step": step,
            "total": total,
            "message": readable(str(line.get("message", "")), MESSAGE_LIMIT),
            "fraction": None,
            "seconds_left": None,
        }
        if step is None or not total:
            return known
        known["fraction"] = min(max(step / total, 0.0), 1.0)
        moment = moment_of(line.get("time"))
        if moment is None:
            return known
        if phase != self._phase or self._start is None or step < self._start[1]:
            self._phase, self._start = phase, (moment, step)
        began, first = self._start
        if step > first and moment > began:
            known["seconds_left"] = max((total - step) * (moment - began) / (step - first), 0.0)
        return known
