"""The job folder: the only interface between the platform and a method in its container (contract 6).

Imports are few and light on purpose: claiming the attempt and writing ``begin.json`` precede everything else,
and the time to them is what the platform shows as the start of the job.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
from pathlib import Path
from typing import Any

from jobfolder import names, stamps
from jobfolder.json_file import write_json

#: Bytes set aside at the beginning, so that ``exit.json`` can still be written when the disk is full.
RESERVE = 64 * 1024


class JobFolder:
    """One attempt's folder.

    Parameters
    ----------
    path
        The job folder, which holds ``job.json``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.out = path / names.OUT
        self.begun = stamps.now()
        self.job: dict[str, Any] = {}
        #: Why ``job.json`` cannot be used, or None.
        self.fault: str | None = None
        self._read()

    def _read(self) -> None:
        try:
            job = json.loads((self.path / names.JOB).read_text(encoding="utf-8"))
        except OSError as error:
            self.fault = f"job.json cannot be read: {error.strerror}."
        except ValueError as error:
            self.fault = f"job.json is not JSON: {error}."
        else:
            if isinstance(job, dict) and job.get("schema") == names.SCHEMA:
                self.job = job
            else:
                self.fault = "job.json is not a job of schema 1."

    @property
    def attempt(self) -> str:
        """Return the attempt's id ("" where ``job.json`` does not say)."""
        return str(self.job.get("attempt", ""))

    def claim(self) -> bool:
        """Claim the attempt; return False if another runner has claimed it."""
        self.out.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(self.out / names.CLAIM, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(json.dumps(self._who()) + "\n")
        return True

    def begin(self) -> None:
        """Write ``begin.json`` and the first heartbeat, and set bytes aside for the end."""
        write_json(self.out / names.BEGIN, self._who())
        (self.out / names.HEARTBEAT).touch()
        try:
            (self.out / ".reserve").write_bytes(b"\0" * RESERVE)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise

    def _who(self) -> dict[str, Any]:
        host = os.uname().nodename
        return {
            "schema": names.SCHEMA,
            "attempt": self.attempt,
            "host": host,
            "pid": os.getpid(),
            "time": self.begun,
        }

    def beat(self) -> None:
        """Touch ``heartbeat``, and tell what the run uses."""
        (self.out / names.HEARTBEAT).touch()
        self.tell_usage()

    def tell_usage(self) -> None:
        """Write a line of ``usage.jsonl``."""
        self._append_usage(self.out)

    def _append_usage(self, out: Path, **more: int) -> None:
        from jobfolder import usage  # noqa: PLC0415 - the first line is written when the run has begun

        line = json.dumps({"time": stamps.now(), **usage.sample(), **more}) + "\n"
        with (out / names.USAGE).open("a", encoding="utf-8") as stream:
            stream.write(line)

    def end(self, outcome: str, reason: str, exit_code: int) -> None:
        """Write ``exit.json``, the last file of the attempt and the authority on its end.

        Parameters
        ----------
        outcome
            One of `jobfolder.names.OUTCOMES`.
        reason
            One sentence for a person.
        exit_code
            Of the process.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        (self.out / ".reserve").unlink(missing_ok=True)
        with contextlib.suppress(OSError):  # what it used is less than how it ended
            self.tell_usage()
        content = {
            "schema": names.SCHEMA,
            "attempt": self.attempt,
            "outcome": outcome,
            "reason": reason,
            "exit_code": exit_code,
            "begin": self.begun,
            "end": stamps.now(),
            "artefacts": self._artefacts(),
        }
        write_json(self.out / names.EXIT, content)

    def _artefacts(self) -> list[dict[str, Any]]:
        import hashlib  # noqa: PLC0415 - not needed before the end

        artefacts = []
        for path in sorted(self.out.rglob("*")):
            name = path.relative_to(self.out).as_posix()
            if (
                name in names.NOT_ARTEFACTS
                or path.name.startswith(".")
                or not path.is_file()
                or path.is_symlink()
            ):
                continue
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            artefacts.append({"path": name, "size": path.stat().st_size, "sha256": digest})
        return artefacts
