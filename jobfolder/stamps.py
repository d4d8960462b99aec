"""Times as they are written: ISO 8601, UTC, milliseconds, ``Z``, as in ``2025-01-31T12:00:00.000Z``.

Stamps sort as text. `datetime` is imported only where a stamp is read: the batch entry writes its first one
before anything else.
"""

from __future__ import annotations

import time


def now() -> str:
    """Return the present moment as a stamp."""
    return of_nanoseconds(time.time_ns())


def of_seconds(seconds: float) -> str:
    """Return the stamp of a moment in seconds since 1970, such as a file's modification time."""
    return of_nanoseconds(round(seconds * 1e6) * 1000)


def of_nanoseconds(nanoseconds: int) -> str:
    """Return the stamp of a moment in nanoseconds since 1970."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest // 1_000_000:03d}Z"


def seconds(stamp: str) -> float:
    """Return a stamp's moment in seconds since 1970.

    Any ISO 8601 time is read; one without a zone is taken as UTC.

    Raises
    ------
    ValueError
        If `stamp` is no time.
    """
    from datetime import UTC, datetime  # noqa: PLC0415 - see above

    moment = datetime.fromisoformat(stamp)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
