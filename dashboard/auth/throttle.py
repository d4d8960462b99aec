"""Delays attempts that fail again and again, by the name or the address that they come with."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEYS = 20_000  # about 2 MB; the oldest is forgotten first


class Throttle:
    """Counts failures by key; after `free` of them each further one doubles the time until the next attempt.

    Parameters
    ----------
    free : int
        Failures without a delay.
    first_s, most_s : float
        The first delay and the longest, in seconds. A key is forgotten when it had no failure for `most_s`.
    clock : callable
        Seconds that never go back.
    """

    def __init__(
        self, free: int, first_s: float, most_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._free = free
        self._first_s = first_s
        self._most_s = most_s
        self._clock = clock
        self._failures: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def wait_s(self, key: str) -> float:
        """Return the seconds until an attempt with a key is allowed; 0: now."""
        failures, last = self._failures.get(key, (0, 0.0))
        if failures < self._free:
            return 0.0
        delay = min(self._first_s * 2.0 ** min(failures - self._free, 30), self._most_s)
        return max(0.0, last + delay - self._clock())

    def failed(self, key: str) -> None:
        """Count a failure."""
        now = self._clock()
        failures, last = self._failures.pop(key, (0, now))
        self._failures[key] = (1 if now - last > self._most_s else failures + 1, now)
        while len(self._failures) > MOST_KEYS:
            self._failures.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        self._failures.pop(key, None)
