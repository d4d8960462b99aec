"""What runs beside the method: the heartbeat, and the ways to stop it."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from jobfolder.names import HEARTBEAT_S

#: Seconds between looks for the file ``cancel``.
LOOK = 0.5

#: Seconds after which a method that was asked to stop, and has not, is ended. Launchers kill after 10 s.
PATIENCE = 6.0


class Watchdog:
    """A thread that writes the heartbeat, passes on cancellation, and ends a run that does not stop.

    Signals are taken from the wake-up descriptor, which the interpreter writes at once even while the main
    thread is in long compiled code, where Python's own handlers have to wait.

    Parameters
    ----------
    beat
        Called every `HEARTBEAT_S` seconds.
    cancelled
        Asked every `LOOK` seconds whether the run was cancelled in another way.
    cancel
        Called once when a signal asks to stop.
    give_up
        Called when the run has not ended `PATIENCE` seconds after it was asked to; must end the process.
    """

    def __init__(
        self,
        beat: Callable[[], None],
        cancelled: Callable[[], bool],
        cancel: Callable[[], None],
        give_up: Callable[[], None],
    ) -> None:
        self._beat, self._cancelled, self._cancel, self._give_up = beat, cancelled, cancel, give_up
        self._read, self._write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)

    def __enter__(self) -> Self:
        signal.set_wakeup_fd(self._write)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, _noted)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        signal.set_wakeup_fd(-1)
        os.write(self._write, b"\0")
        self._thread.join()
        os.close(self._read)
        os.close(self._write)

    def _watch(self) -> None:
        beaten = time.monotonic()
        asked: float | None = None
        while not self._done.is_set():
            if select.select([self._read], [], [], LOOK)[0] and any(os.read(self._read, 64)):
                self._cancel()
            moment = time.monotonic()
            if moment - beaten >= HEARTBEAT_S:
                beaten = moment
                # A file system that is full or away for a moment must not end the watch.
                with contextlib.suppress(OSError):
                    self._beat()
            if asked is None and self._cancelled():
                asked = moment
            if asked is not None and moment - asked > PATIENCE and not self._done.is_set():
                self._give_up()


def _noted(number: int, frame: FrameType | None) -> None:
    """Do nothing: a handler must exist for the interpreter to write the wake-up byte."""
