"""The token bucket by which calls are limited, of a token or of an address."""

from __future__ import annotations

import time


class Bucket:
    """Holds the calls that are allowed now; it is filled evenly, and full after a minute.

    Parameters
    ----------
    rate
        Calls a minute, and how many it holds.
    """

    __slots__ = ("_filled", "_left", "_rate")

    def __init__(self, rate: int) -> None:
        self._rate = self._left = float(rate)
        self._filled = time.monotonic()

    def take(self) -> float:
        """Count one call; return 0, or the seconds after which one is allowed."""
        moment = time.monotonic()
        self._left = min(self._rate, self._left + (moment - self._filled) * self._rate / 60)
        self._filled = moment
        if self._left < 1:
            return (1 - self._left) * 60 / self._rate
        self._left -= 1
        return 0.0
