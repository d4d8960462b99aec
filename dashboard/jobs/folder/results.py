"""Reading what a container wrote into its ``out/``, trusting none of it.

No link is followed, no file is read beyond a limit, no array is unpickled. A file that makes no sense is left
out of what is shown, or rejected with its name and the reason; it never breaks the page.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np

from dashboard.base import clock
from dashboard.base.untrusted_folder import ConfinedFile, ConfinedFolder, readable
from dashboard.jobs.job import ExitRecord
from jobfolder import names

LINES_LIMIT = 32 * 2**20  # bytes of progress.jsonl or metrics.jsonl that are read
POINTS = 2000  # per curve, thinned evenly
CARD_LIMIT = 4 * 2**20
REASON_LIMIT = 2000
LARGEST = 1e300


@dataclass(frozen=True)
class LogChunk:
    """A piece of the log.

    Attributes
    ----------
    text : str
        Decoded; bytes that are no UTF-8 are replaced.
    start, end, size : int
        Bytes: where the piece starts and ends, and how long the log is now. Ask again from `end`.
    """

    text: str
    start: int
    end: int
    size: int

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"text": self.text, "start": self.start, "end": self.end, "size": self.size}


class JobResults:
    """One attempt's ``out/``. All methods block for a file's time: call them in a thread."""

    def __init__(self, out: Path) -> None:
        self.folder = ConfinedFolder(out)

    def log(self, start: int = 0, limit: int = 262_144) -> LogChunk:
        """Return a piece of the log; a negative `start` counts from the end."""
        size = self.folder.size(names.LOG) or 0
        start = max(size + start, 0) if start < 0 else min(start, size)
        content = self.folder.read(names.LOG, limit, start) if size else b""
        # A letter of several bytes may be cut at the end; it comes whole with the next piece.
        content = content[: len(content) - _cut_letter(content)] if start + len(content) < size else content
        end = start + len(content)
        return LogChunk(content.decode("utf-8", "replace"), start, end, size)

    def progress(self) -> list[dict[str, Any]]:
        """Return the lines of ``progress.jsonl``: ``{"time","phase","step","total","message"}``."""
        return list(self._lines(names.PROGRESS))

    def usage(self) -> list[dict[str, Any]]:
        """Return the lines of ``usage.jsonl``: ``{"time","cpu_s","memory_mb"}``, perhaps more."""
        return list(self._lines(names.USAGE))

    def metrics(self) -> dict[str, list[dict[str, Any]]]:
        """Return the curves: ``{name: [{"step","value","time"}, …]}``, each thinned to `POINTS`."""
        curves: dict[str, list[dict[str, Any]]] = {}
        for line in self._lines(names.METRICS):
            if (point := metric_point(line)) is not None:
                curves.setdefault(readable(line["name"]), []).append(point)
        return {name: _thinned(points) for name, points in curves.items()}

    def summary(self) -> dict[str, float]:
        """Return the final metrics of ``summary.json``; empty when there are none."""
        metrics = self._json(names.SUMMARY).get("metrics")
        if not isinstance(metrics, dict):
            return {}
        return {readable(name): float(value) for name, value in metrics.items() if finite(value) is not None}

    def exit(self, attempt: str) -> ExitRecord | None:
        """Return ``exit.json`` if it is there, makes sense and is of this very attempt."""
        content = self._json(names.EXIT)
        if content.get("attempt") != attempt or content.get("outcome") not in names.OUTCOMES:
            return None
        code = content.get("exit_code")
        return ExitRecord(
            outcome=str(content["outcome"]),
            reason=readable(str(content.get("reason") or ""), REASON_LIMIT).strip(),
            exit_code=code if isinstance(code, int) and 0 <= code <= 255 else None,
            begin=_stamp(content.get("begin")),
        )

    def begun(self) -> bool:
        """Return whether ``begin.json`` is there."""
        return self.folder.size(names.BEGIN) is not None

    def life(self, attempt: str) -> tuple[str | None, str | None]:
        """Return when an attempt began and when it ended, by its own files; None where they do not say."""
        ended = self.exit(attempt)
        began = ended.begin if ended else None
        if began is None and (content := self._json(names.BEGIN)).get("attempt") == attempt:
            began = _stamp(content.get("time"))
        changed = self.folder.changed(names.EXIT) if ended else None
        return began, None if changed is None else clock.of_seconds(changed)

    def model_card(self) -> dict[str, Any] | None:
        """Return ``model/model.json``, None without a model; ValueError when it cannot be read."""
        return self.folder.json(names.MODEL_CARD, CARD_LIMIT)

    def files(self) -> Iterator[ConfinedFile]:
        """Go through what is worth recording: all but the protocol's own files and hidden ones."""
        for found in self.folder.files():
            hidden = any(part.startswith(".") for part in found.path.split("/"))
            if found.path not in names.LIFE_SIGNS and not hidden:
                yield found

    def _json(self, path: str) -> Mapping[str, Any]:
        try:
            return self.folder.json(path) or {}
        except ValueError:
            return {}

    def _lines(self, path: str) -> Iterator[dict[str, Any]]:
        try:
            content = self.folder.read(path, LINES_LIMIT)
        except OSError:
            return
        yield from json_lines(content)


def json_lines(content: bytes) -> Iterator[dict[str, Any]]:
    """Go through the JSON objects of complete lines; what is no JSON object is passed over."""
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict):
            yield value


def metric_point(line: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return ``{"step","value","time"}`` of a line of ``metrics.jsonl``, or None when it is none."""
    value = finite(line.get("value"))
    if not isinstance(line.get("name"), str) or value is None:
        return None
    return {"step": finite(line.get("step")), "value": value, "time": readable(str(line.get("time", "")), 40)}


def _cut_letter(content: bytes) -> int:
    """Return how many bytes at the end begin a UTF-8 letter that is not complete (0 to 3)."""
    for count in range(1, min(len(content), 3) + 1):
        byte = content[-count]
        if byte < 0x80:
            return 0
        if byte >= 0xC0:
            return count if count < (2 if byte < 0xE0 else 3 if byte < 0xF0 else 4) else 0
    return 0


def finite(value: object) -> float | None:
    """Return a number that can be computed with and stored, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if -LARGEST < value < LARGEST else None


def moment_of(text: object) -> float | None:
    """Return the seconds since 1970 of a time as containers write it, or None."""
    try:
        return clock.parse(str(text)).timestamp()
    except (ValueError, OverflowError):
        return None


def _stamp(text: object) -> str | None:
    try:
        return clock.stamp(clock.parse(str(text)))
    except (ValueError, OverflowError):
        return None


def _thinned(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    if len(points) <= POINTS:
        return points
    kept = np.linspace(0, len(points) - 1, POINTS).astype(int)
    return [points[index] for index in cast("list[int]", kept.tolist())]
