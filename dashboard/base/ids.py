"""Short, lower-case identifiers that sort by the time at which they were made.

Crockford's base 32 (no i, l, o, u): 9 characters of milliseconds, 5 of chance. Two made in one millisecond
differ by chance (1 in 33 million to collide) and then sort in no particular order.
"""

from __future__ import annotations

import re
import secrets
import time

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
TIME_LENGTH = 9  # 45 bits of milliseconds: until the year 3084
CHANCE_LENGTH = 5
PATTERN = re.compile(rf"[{ALPHABET}]{{{TIME_LENGTH + CHANCE_LENGTH}}}")


def _base32(value: int, length: int) -> str:
    digits = []
    for _ in range(length):
        value, digit = divmod(value, 32)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_identifier(milliseconds: int | None = None) -> str:
    """Return a new identifier of 14 characters; `milliseconds` since 1970 replaces the clock."""
    moment = time.time_ns() // 1_000_000 if milliseconds is None else milliseconds
    return _base32(moment, TIME_LENGTH) + _base32(secrets.randbits(5 * CHANCE_LENGTH), CHANCE_LENGTH)


def is_identifier(text: str) -> bool:
    """Return whether `text` has the form of an identifier (so it may stand in a path)."""
    return PATTERN.fullmatch(text) is not None


def attempt_name(job: str, number: int) -> str:
    """Return the attempt's id, which is also the name of its container, process or Slurm job."""
    return f"h-{job}-{number}"
