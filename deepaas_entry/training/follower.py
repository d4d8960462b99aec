"""What runs beside a training: heartbeat, progress of its log, curves of event files, requests to stop."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from deepaas_entry.training import event_files
from deepaas_entry.training.job_folder import LOG, JobFolder
from deepaas_entry.training.printed_progress import PrintedProgress
from deepaas_entry.training.written_files import written

HEARTBEAT_S = 5.0
LOOK_S = 0.5
CURVES_S = 10.0
#: Seconds after which a training that was asked to stop, and has not, is ended. Launchers kill after 10 s.
PATIENCE_S = 6.0
READ = 1 << 18


class Follower:
    """A thread beside a training.

    Parameters
    ----------
    folder : JobFolder
        Of the job.
    roots : list of Path
        Where event files may be written.
    since : float
        When the training began, seconds since 1970.
    """

    def __init__(self, folder: JobFolder, roots: list[Path], since: float) -> None:
        self._folder, self._roots, self._since = folder, roots, since
        self._printed, self._read = PrintedProgress(), 0
        self._seen: dict[str, int] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follow", daemon=True)

    def __enter__(self) -> Follower:
        self._thread.start()
        return self

    def __exit__(self, *ended: Any) -> None:
        self._done.set()
        self._thread.join()
        self.look()
        self.curves()

    def _follow(self) -> None:
        beaten = curved = time.monotonic()
        stopping = 0.0
        while not self._done.wait(LOOK_S):
            moment = time.monotonic()
            if moment - beaten >= HEARTBEAT_S:
                beaten = moment
                self._folder.beat()
            if moment - curved >= CURVES_S:
                self.curves()
                curved = time.monotonic()
            self.look()
            asked = (self._folder.path / "cancel").exists()
            if asked and not stopping:
                stopping = moment
                os.kill(os.getpid(), signal.SIGTERM)
            if stopping and moment - stopping > PATIENCE_S:
                os._exit(self._folder.end("aborted", "Stopped on request.", 130))

    def look(self) -> None:
        """Read what was printed since, and write the progress that it tells."""
        try:
            with (self._folder.out / LOG).open("rb") as stream:
                stream.seek(self._read)
                while True:
                    content = stream.read(READ)
                    if not content:
                        return
                    self._read += len(content)
                    found = self._printed.feed(content.decode("utf-8", "replace"))
                    if found:
                        self._folder.progress(*found)
        except OSError:
            return

    def curves(self) -> None:
        """Read new points of TensorBoard's and MLflow's files."""
        try:
            files = written(self._roots, self._since, self._folder.path)
        except ValueError:
            return
        for path in files:
            points = (
                event_files.scalars(path)
                if event_files.is_event_file(path)
                else event_files.mlflow_points(path)
            )
            before = self._seen.get(str(path), 0)
            count = 0
            for name, step, value in points:
                count += 1
                if count > before:
                    self._folder.metric(name, value, step)
            if count:
                self._seen[str(path)] = max(count, before)
