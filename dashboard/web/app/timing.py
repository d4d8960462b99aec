"""How long something took, or has been running."""

from __future__ import annotations

from dashboard.base import clock


def seconds_of(started: str | None, ended: str | None) -> float | None:
    """Return the seconds between two stamps; until now while it has not ended, None before it has started."""
    if started is None:
        return None
    if ended is None:
        return clock.seconds_since(started)
    return (clock.parse(ended) - clock.parse(started)).total_seconds()
