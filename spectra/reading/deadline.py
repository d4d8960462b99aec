"""A deadline for the reading of one spectrum or file: what takes longer is given up with `TooSlow`.

One thread watches; to enter and leave costs a microsecond, since most readings take a hundred. Code in C that
does not come back to Python is not interrupted: `alarm` lets the kernel end the process then, where another
takes its place.
"""

from __future__ import annotations

import ctypes
import math
import signal
import threading
import time
from contextlib import suppress
from types import TracebackType

_EVERY_S = 0.2
_ALARM_AFTER_S = 10.0  # beyond the deadline


class TooSlow(BaseException):
    """The deadline has passed; no `Exception`, so that libraries do not go on after it."""


class Deadline:
    """Raises `TooSlow` in the thread that is within it for too long; a context manager, used again and again.

    The seconds count over all entries: those of one file together.

    Parameters
    ----------
    seconds
        Within it, together; infinity: never.
    """

    __slots__ = ("_ends", "_fired", "_left", "_thread", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._left = seconds
        self._ends = 0.0
        self._thread = 0
        self._fired = False

    def __enter__(self) -> None:
        if self._left == math.inf:
            return
        self._ends, self._thread = time.monotonic() + self._left, threading.get_ident()
        _watch.enter(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._left == math.inf:
            return
        _watch.leave(self)
        self._left = max(self._ends - time.monotonic(), 0.0)
        if self._fired and kind is not TooSlow:
            with suppress(TooSlow):  # it was raised as the work ended: let it arrive here
                time.sleep(2 * _EVERY_S)

    def fire_if_due(self, now: float) -> None:
        """Raise `TooSlow` in the thread, again where a library has swallowed it."""
        if now > self._ends:
            self._fired = True
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread), ctypes.py_object(TooSlow)
            )


class _Watch:
    """The thread that looks at the deadlines which are entered."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entered: dict[int, Deadline] = {}
        self._started = False
        self.alarm = False

    def enter(self, deadline: Deadline) -> None:
        self._entered[id(deadline)] = deadline
        if not self._started:
            self._started = True
            threading.Thread(target=self._run, name="deadlines of reading", daemon=True).start()
        if self.alarm:
            signal.setitimer(signal.ITIMER_REAL, deadline.seconds + _ALARM_AFTER_S)

    def leave(self, deadline: Deadline) -> None:
        with self._lock:
            self._entered.pop(id(deadline), None)
        if self.alarm:
            signal.setitimer(signal.ITIMER_REAL, 0.0)

    def _run(self) -> None:
        while True:
            time.sleep(_EVERY_S)
            now = time.monotonic()
            with self._lock:
                for deadline in list(self._entered.values()):
                    deadline.fire_if_due(now)


_watch = _Watch()


def alarm() -> None:
    """Let the kernel end this process (SIGALRM) where the reading of a file does not come back at all."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _watch.alarm = True
