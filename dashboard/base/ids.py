"""Short, lower-case identifiers that sort by the time at which they were made.

Crockford's base 32 (no i, l, o, u): 9 characters of milliseconds, 5 of a number. The first identifier of a
millisecond takes a random number, each further one the number after it, as in a monotonic ULID: identifiers
of one process are distinct and sort in the order of their making. Two processes collide within one
millisecond with a chance of 1 in 16 million.
"""

from __future__ import annotations

import re
import secrets
import threading
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
TIME_LENGTH = 9  # 45 bits of milliseconds: until the year 3084
NUMBER_LENGTH = 5
# The highest bit of a random number is 0, so that 2**24 more fit into the same millisecond.
RANDOM_BITS = 5 * NUMBER_LENGTH - 1
PATTERN = re.compile(rf"[{ALPHABET}]{{{TIME_LENGTH + NUMBER_LENGTH}}}")


class _Numbers:
    """Gives each identifier of a millisecond its number."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moment = -1
        self._number = 0

    def take(self, moment: int) -> int:
        """Return the number for the next identifier of a millisecond."""
        with self._lock:
            self._number = self._number + 1 if moment == self._moment else secrets.randbits(RANDOM_BITS)
            self._moment = moment
            return self._number


_numbers = _Numbers()


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_identifier(milliseconds: int | None = None) -> str:
    """Return a new identifier of 14 characters; `milliseconds` since 1970 replaces the clock."""
    moment = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    return _base32(moment, TIME_LENGTH) + _base32(_numbers.take(moment), NUMBER_LENGTH)


def is_identifier(text: str) -> bool:
    """Return whether `text` has the form of an identifier (so it may stand in a path)."""
    return PATTERN.fullmatch(text) is not None


def attempt_name(job: str, number: int) -> str:
    """Return the attempt's id, which is also the name of its container, process or Slurm job."""
    return f"h-{job}-{number}"
