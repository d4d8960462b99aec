"""The job folder: the only interface between the platform and a method in its container (contract 6).

Imports are few and light on purpose: claiming the attempt and writing ``begin.json`` happen before anything
else, and the time to them is what the platform shows as the start of the job.
"""

from __future__ import annotations

import errno
import json
import os
import time
from pathlib import Path
from typing import Any

#: Exit codes of the batch entry.
COMPLETED, ERROR, REFUSED, CLAIMED, ABORTED = 0, 1, 2, 75, 130

#: Bytes set aside at the beginning, so that ``exit.json`` can still be written when the disk is full.
RESERVE = 64 * 1024

#: Files of ``out`` that are the protocol's own or still being written, hence no artefacts.
_NOT_ARTEFACTS = frozenset({"claim.json", "begin.json", "exit.json", "heartbeat", "log.txt"})


def utc_now() -> str:
    """Return the time in ISO 8601, UTC, with milliseconds and ``Z``."""
    moment = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment)) + f".{int(moment % 1 * 1000):03d}Z"


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file by rename, so that a reader sees the whole of it or the one before."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(json.dumps(content, allow_nan=False, ensure_ascii=False) + "\n", encoding="utf-8")
    temporary.replace(path)


class JobFolder:
    """One attempt's folder.

    Parameters
    ----------
    path
        The job folder, which holds ``job.json``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.out = path / "out"
        self.begun = utc_now()
        self.job: dict[str, Any] = {}
        #: Why ``job.json`` cannot be used, or None.
        self.fault: str | None = None
        self._read()

    def _read(self) -> None:
        try:
            job = json.loads((self.path / "job.json").read_text(encoding="utf-8"))
        except OSError as error:
            self.fault = f"job.json cannot be read: {error.strerror}."
        except ValueError as error:
            self.fault = f"job.json is not JSON: {error}."
        else:
            if isinstance(job, dict) and job.get("schema") == 1:
                self.job = job
            else:
                self.fault = "job.json is not a job of schema 1."

    @property
    def attempt(self) -> str:
        """Return the attempt's id ("" where ``job.json`` does not say)."""
        return str(self.job.get("attempt", ""))

    def claim(self) -> bool:
        """Claim the attempt; False if another runner has it."""
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self.out / "claim.json", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(self._who()) + "\n")
        return True

    def begin(self) -> None:
        """Write ``begin.json`` and the first heartbeat, and set bytes aside for the end."""
        write_json(self.out / "begin.json", self._who())
        self.beat()
        try:
            (self.out / ".reserve").write_bytes(b"\0" * RESERVE)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise

    def _who(self) -> dict[str, Any]:
        host = os.uname().nodename
        return {"schema": 1, "attempt": self.attempt, "host": host, "pid": os.getpid(), "time": self.begun}

    def beat(self) -> None:
        """Touch ``heartbeat``."""
        (self.out / "heartbeat").touch()

    def end(self, outcome: str, reason: str, exit_code: int) -> None:
        """Write ``exit.json``, the last and authoritative word on the attempt, by rename."""
        (self.out / ".reserve").unlink(missing_ok=True)
        content = {
            "schema": 1,
            "attempt": self.attempt,
            "outcome": outcome,
            "reason": reason,
            "exit_code": exit_code,
            "begin": self.begun,
            "end": utc_now(),
            "artefacts": self._artefacts(),
        }
        write_json(self.out / "exit.json", content)

    def _artefacts(self) -> list[dict[str, Any]]:
        import hashlib  # noqa: PLC0415 - not needed before the end

        artefacts = []
        for path in sorted(self.out.rglob("*")):
            name = path.relative_to(self.out).as_posix()
            if name in _NOT_ARTEFACTS or path.name.startswith(".") or not path.is_file() or path.is_symlink():
                continue
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            artefacts.append({"path": name, "size": path.stat().st_size, "sha256": digest})
        return artefacts
