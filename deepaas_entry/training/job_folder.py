"""The job folder as this side sees it: claim, life signs, lines of progress and metrics, the end."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import os
import threading
from pathlib import Path
from typing import Any

CLAIM, BEGIN, HEARTBEAT, EXIT, LOG = "claim.json", "begin.json", "heartbeat", "exit.json", "log.txt"
USAGE = "usage.jsonl"  # of runs that tell what they use; none of these does
PROGRESS, METRICS, SUMMARY, REPORT = "progress.jsonl", "metrics.jsonl", "summary.json", "report/report.json"
MODEL_CARD = "model/model.json"
NOT_ARTEFACTS = frozenset({CLAIM, BEGIN, HEARTBEAT, USAGE, EXIT, LOG})
CHUNK = 1 << 20


def now() -> str:
    """Return the time as the job folder's files have it."""
    moment = datetime.datetime.now(datetime.timezone.utc)  # noqa: UP017 - Python 3.7 has no UTC
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file by rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.urandom(6).hex()}")
    temporary.write_text(json.dumps(content) + "\n", encoding="ascii")
    os.replace(str(temporary), str(path))  # noqa: PTH105 - as `Path.replace` of newer versions


class JobFolder:
    """One attempt's folder.

    Parameters
    ----------
    path : Path
        Holds ``job.json``.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.out = path, path / "out"
        self.job: dict[str, Any] = json.loads((path / "job.json").read_text(encoding="utf-8"))
        self.begun = now()
        self.metrics: dict[str, float] = {}
        self.points: dict[str, list[tuple[int, float]]] = {}
        self._lock = threading.Lock()
        self._ended = False

    def claim(self) -> bool:
        """Claim the attempt and write ``begin.json``; False where another runner has it."""
        self.out.mkdir(parents=True, exist_ok=True)
        who = {"schema": 1, "attempt": self.job.get("attempt", ""), "host": os.uname().nodename}
        who.update(pid=os.getpid(), time=self.begun)
        try:
            descriptor = os.open(str(self.out / CLAIM), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w") as stream:
            stream.write(json.dumps(who) + "\n")
        write_json(self.out / BEGIN, who)
        self.beat()
        return True

    def beat(self) -> None:
        """Touch ``heartbeat``."""
        (self.out / HEARTBEAT).touch()

    def progress(self, step: int, total: int, message: str = "") -> None:
        """Add a line of progress."""
        self._line(PROGRESS, {"phase": "train", "step": step, "total": total, "message": message})

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Record a number; the last finite one of each name is its summary.

        Parameters
        ----------
        name : str
            Of the metric.
        value : float
            What it is.
        step : int, optional
            Makes it a point of a curve.
        """
        finite = math.isfinite(value)
        if finite:
            self.metrics[name] = value
            if step is not None:
                self.points.setdefault(name, []).append((step, value))
        self._line(METRICS, {"name": name, "value": value if finite else None, "step": step})

    def _line(self, name: str, line: dict[str, Any]) -> None:
        with self._lock, (self.out / name).open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(dict(line, time=now())) + "\n")

    def end(self, outcome: str, reason: str, code: int) -> int:
        """Write ``exit.json`` once, the last file of the attempt.

        Parameters
        ----------
        outcome : str
            ``completed``, ``error`` or ``aborted``.
        reason : str
            One sentence for a person.
        code : int
            The exit code.

        Returns
        -------
        int
            The exit code.
        """
        with self._lock:
            if self._ended:
                return code
            self._ended = True
        content = {"schema": 1, "attempt": self.job.get("attempt", ""), "outcome": outcome, "reason": reason}
        content.update(exit_code=code, begin=self.begun, end=now(), artefacts=self._artefacts())
        write_json(self.out / EXIT, content)
        return code

    def _artefacts(self) -> list[dict[str, Any]]:
        found = []
        for path in sorted(self.out.rglob("*")):
            name = path.relative_to(self.out).as_posix()
            if name in NOT_ARTEFACTS or path.name.startswith(".") or path.is_symlink() or not path.is_file():
                continue
            found.append({"path": name, "size": path.stat().st_size, "sha256": sha256(path)})
        return found


def sha256(path: Path) -> str:
    """Return the hash of a file, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        for chunk in iter(lambda: stream.read(CHUNK), b""):
            digest.update(chunk)
    return digest.hexdigest()
