"""A job in parts: several runs of the batch entry in one job folder, then one that joins their results.

A launcher that has job arrays sets `PART` and `PARTS` (contracts.md, section 8). A part keeps its claim,
log and results in a folder of its own below ``out/.parts``; what the platform follows stands in ``out``, as
of any job: when the first part began, the progress of all together, the heartbeat, and the end, should a
part fail.

Imports are few and light, as in `job_folder`: they precede ``begin.json``.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from deepaas_plugins.job.job_folder import JobFolder
from jobfolder import names, stamps
from jobfolder.json_file import write_json

#: Which part this run is, from 0, or `JOIN`; not set where a job is run as a whole.
PART = "HUGGINS_PART"

#: How many there are.
PARTS = "HUGGINS_PARTS"

JOIN = "join"


def parts_folder(out: Path) -> Path:
    """Return the folder of the parts' results; hidden, because it is removed when they are joined."""
    return out / ".parts"


def job_folder(path: Path, environment: Mapping[str, str]) -> JobFolder:
    """Return this run's view of the job folder."""
    part = environment.get(PART)
    if part is None:
        return JobFolder(path)
    count = int(environment[PARTS])
    return JoiningFolder(path, count) if part == JOIN else PartFolder(path, int(part), count)


class PartFolder(JobFolder):
    """One part's view of the job folder.

    Parameters
    ----------
    path
        The job folder.
    number, count
        Which part, from 0, of how many.
    """

    def __init__(self, path: Path, number: int, count: int) -> None:
        super().__init__(path)
        self.number, self.count = number, count
        self.job_out = self.out
        self.out = parts_folder(self.out) / str(number)
        self._progress = SharedProgress(self.job_out, number)

    @property
    def words(self) -> str:
        """Return the part's name for people."""
        return f"part {self.number + 1} of {self.count}"

    def begin(self) -> None:
        """Begin; the job begins with the first of its parts."""
        super().begin()
        with contextlib.suppress(FileExistsError):
            (self.job_out / names.BEGIN).hardlink_to(self.out / names.BEGIN)

    def beat(self) -> None:
        """Touch the part's ``heartbeat`` and the job's."""
        super().beat()
        (self.job_out / names.HEARTBEAT).touch()

    def tell_usage(self) -> None:
        """Write a line of the job's ``usage.jsonl``, which all parts share."""
        self._append_usage(self.job_out, part=self.number)

    def tell(self, done: int, total: int) -> None:
        """Report how far this part is; the job's progress is that of all of them."""
        self._progress.tell(done, total, self.count)

    def end(self, outcome: str, reason: str, exit_code: int) -> None:
        """End the part; the first that fails ends the job, with its reason.

        Parameters
        ----------
        outcome : str
            One of `jobfolder.names.OUTCOMES`.
        reason : str
            A sentence; the part's number is put before it.
        exit_code : int
            Of the batch entry.
        """
        super().end(outcome, f"{self.words}: {reason}", exit_code)
        if exit_code in {names.EXIT_ERROR, names.EXIT_INVALID} and self._first_to_fail():
            gather_logs(self.job_out, self.count)
            (self.job_out / names.EXIT).hardlink_to(self.out / names.EXIT)

    def _first_to_fail(self) -> bool:
        """Return whether no other part has failed before: the first one's reason stays."""
        try:
            (self.out.parent / "failed").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def _artefacts(self) -> list[dict[str, Any]]:
        return []  # results of parts are no artefacts of the job


class JoiningFolder(JobFolder):
    """The view of the job folder that the run has which joins the parts."""

    def __init__(self, path: Path, count: int) -> None:
        super().__init__(path)
        self.begun = _begun(self.out) or self.begun
        self.parts = [parts_folder(self.out) / str(number) for number in range(count)]

    def begin(self) -> None:
        """Begin, with the log of the parts in the job's."""
        super().begin()
        gather_logs(self.out, len(self.parts))

    def end(self, outcome: str, reason: str, exit_code: int) -> None:
        """End the job, and remove the results of the parts where it completed.

        Parameters
        ----------
        outcome : str
            One of `jobfolder.names.OUTCOMES`.
        reason : str
            A sentence; empty where the job completed.
        exit_code : int
            Of the batch entry.
        """
        if exit_code == names.EXIT_COMPLETED:
            import shutil  # noqa: PLC0415 - not needed before the end

            shutil.rmtree(parts_folder(self.out), ignore_errors=True)
        super().end(outcome, reason, exit_code)


class SharedProgress:
    """The progress of all parts in the job's ``progress.jsonl``; the part with the lock writes a line."""

    def __init__(self, out: Path, number: int) -> None:
        self._out, self._folder = out, parts_folder(out)
        self._own = self._folder / str(number) / "done.json"

    def tell(self, done: int, total: int, count: int) -> None:
        """Record how far this part is, and write the progress of the job unless another part does.

        Parameters
        ----------
        done : int
            Spectra that this part has prepared.
        total : int
            Spectra of this part.
        count : int
            Number of parts.
        """
        write_json(self._own, [done, total])
        with _locked(self._folder / "progress.lock") as mine:
            if not mine and done < total:
                return
            known = [found for number in range(count) if (found := self._read(number)) is not None]
            # Parts that have not begun have about as much to do as this one.
            every = sum(one[1] for one in known) + total * (count - len(known))
            ended = sum(one[0] >= one[1] for one in known)
            line = {
                "time": stamps.now(),
                "phase": "prepare",
                "step": sum(one[0] for one in known),
                "total": every,
                "message": f"{ended} of {count} parts are done",
            }
            with (self._out / names.PROGRESS).open("a", encoding="utf-8") as lines:
                lines.write(json.dumps(line) + "\n")

    def _read(self, number: int) -> list[int] | None:
        try:
            done, total = json.loads((self._folder / str(number) / "done.json").read_bytes())
        except (OSError, ValueError):
            return None
        return [int(done), int(total)]


def gather_logs(out: Path, count: int) -> None:
    """Append the logs of the parts to the job's, in their order."""
    with (out / names.LOG).open("ab") as log:
        for number in range(count):
            with (
                contextlib.suppress(OSError),
                (parts_folder(out) / str(number) / names.LOG).open("rb") as part,
            ):
                log.write(f"--- part {number + 1} of {count} ---\n".encode())
                while data := part.read(2**20):
                    log.write(data)


def _begun(out: Path) -> str | None:
    try:
        return str(json.loads((out / names.BEGIN).read_bytes())["time"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Take the lock if it is free; yields whether it was."""
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
