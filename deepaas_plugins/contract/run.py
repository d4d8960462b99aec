"""What a method reports while it runs: progress, metrics, views, log; and whether it should stop."""

from __future__ import annotations

import json
import math
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from deepaas_plugins.contract.checkpoints import Checkpoints
from deepaas_plugins.contract.errors import Cancelled
from jobfolder import names, stamps
from jobfolder.json_file import write_json

if TYPE_CHECKING:
    from deepaas_plugins.contract.views import View

#: Progress lines closer together than this (seconds) are left out, unless a phase begins or ends.
PROGRESS_INTERVAL = 0.1

#: The file `cancel` is looked for at most this often (seconds).
CANCEL_INTERVAL = 0.25


class Run:
    """One training or prediction run, and the folder that it writes to.

    Parameters
    ----------
    folder
        The run's ``out`` folder (see the job folder in the contracts); made if it is missing.
    cancel_file
        A file whose appearance cancels the run, or None.
    checkpoints
        The checkpoints of this run, and the one that an earlier attempt left.
    """

    def __init__(
        self, folder: Path, cancel_file: Path | None = None, checkpoints: Checkpoints | None = None
    ) -> None:
        self.folder = folder
        self.checkpoints = checkpoints or Checkpoints(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.cancel_file = cancel_file
        self._cancel = threading.Event()
        self._looked = 0.0
        self._phase: str | None = None
        self._reported = 0.0
        self._views: dict[str, dict[str, Any]] = {}
        self._metrics: dict[str, float] = {}
        self._progress_lines = self._open(names.PROGRESS)
        self._metric_lines = self._open(names.METRICS)

    def _open(self, name: str) -> IO[str]:
        return (self.folder / name).open("a", buffering=1, encoding="utf-8")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the files; the run reports no more."""
        self._progress_lines.close()
        self._metric_lines.close()

    def progress(self, step: int, total: int, phase: str, message: str = "") -> None:
        """Report the progress of a phase.

        May be called in every loop: lines that follow each other too closely are left out.

        Parameters
        ----------
        step, total
            How much of how much is done; a `total` of 0 is unknown.
        phase
            A word; a new one begins a phase.
        message
            A few words for people.
        """
        moment = time.monotonic()
        edge = phase != self._phase or (total > 0 and step >= total)
        if not edge and moment - self._reported < PROGRESS_INTERVAL:
            return
        self._phase, self._reported = phase, moment
        line = {
            "time": stamps.now(),
            "phase": phase,
            "step": int(step),
            "total": int(total),
            "message": message,
        }
        self._progress_lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    def metric(self, name: str, value: float, step: int | None = None) -> None:
        """Record a number; with `step` it is a point of a curve. The last value of each name is its summary.

        Parameters
        ----------
        name
            Of the metric.
        value
            NaN and infinity are recorded as null and stay out of the summary.
        step
            Of the curve, or None.
        """
        number = float(value)
        finite = math.isfinite(number)
        if finite:
            self._metrics[name] = number
        line = {"time": stamps.now(), "name": name, "value": number if finite else None, "step": step}
        self._metric_lines.write(json.dumps(line, ensure_ascii=False) + "\n")

    @property
    def metrics(self) -> dict[str, float]:
        """Return the last value of every metric."""
        return dict(self._metrics)

    def report(self, view: View) -> None:
        """Add a view to the report at once; a view with the same id is replaced."""
        path = self.folder / names.REPORT
        path.parent.mkdir(exist_ok=True)
        self._views[view.id] = view.write(path.parent)
        write_json(path, {"schema": 1, "views": list(self._views.values())})

    def log(self, text: str) -> None:
        """Write a line to the log (standard output, which the batch entry leads into ``log.txt``)."""
        sys.stdout.write(f"{stamps.now()} {text}\n")
        sys.stdout.flush()

    def cancel(self) -> None:
        """Ask the run to stop (from a signal handler or another thread)."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        """Whether the run was asked to stop. Cheap: ask in every loop."""
        if not self._cancel.is_set() and self.cancel_file is not None:
            moment = time.monotonic()
            if moment - self._looked >= CANCEL_INTERVAL:
                self._looked = moment
                if self.cancel_file.exists():
                    self._cancel.set()
        return self._cancel.is_set()

    def stop_if_cancelled(self) -> None:
        """Return if the run goes on.

        Raises
        ------
        Cancelled
            If it was asked to stop.
        """
        if self.cancelled:
            raise Cancelled
