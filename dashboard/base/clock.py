"""The time as everything stores it: ISO 8601, UTC, milliseconds, `Z`. Sorts as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from jobfolder import stamps


def stamp(moment: datetime) -> str:
    """Return an aware datetime as ``2025-01-31T12:00:00.000Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def now() -> str:
    """Return the present moment."""
    return stamps.now()


def after(seconds: float) -> str:
    """Return the moment `seconds` from now (negative: ago)."""
    return stamp(datetime.now(UTC) + timedelta(seconds=seconds))


def parse(text: str) -> datetime:
    """Return an aware datetime from a stamp; ValueError when it is none."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def seconds_since(text: str) -> float:
    """Return how many seconds have passed since a stamp."""
    return (datetime.now(UTC) - parse(text)).total_seconds()


def of_seconds(seconds: float) -> str:
    """Return the stamp of a moment in seconds since 1970 (a file's time)."""
    return stamps.of_seconds(seconds)
