"""Times, durations, sizes and counts as a person reads them; Jinja filters."""

from __future__ import annotations

import datetime as dt
import math

from dashboard.base import clock

UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def moment(value: str | dt.datetime | float | None) -> dt.datetime | None:
    """Return an aware UTC time from ISO 8601, a datetime or seconds since 1970; None where there is none."""
    if value is None or value == "":
        return None
    if isinstance(value, int | float):
        return dt.datetime.fromtimestamp(value, dt.UTC)
    time = dt.datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.astimezone(dt.UTC) if time.tzinfo else time.replace(tzinfo=dt.UTC)


def utc(value: str | dt.datetime | float | None) -> str:
    """Return ``2026-11-20 16:09:02 UTC``."""
    time = moment(value)
    return "" if time is None else time.strftime("%Y-%m-%d %H:%M:%S UTC")


def iso(value: str | dt.datetime | float | None) -> str:
    """Return ISO 8601 with ``Z``, for the ``datetime`` attribute."""
    time = moment(value)
    return "" if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(value: str | dt.datetime | float | None, now: dt.datetime | None = None) -> str:
    """Return ``3 min ago``; a date for what is older than a month; ``in 3 min`` for what is to come."""
    time = moment(value)
    if time is None:
        return "–"
    seconds = ((now or dt.datetime.now(dt.UTC)) - time).total_seconds()
    if abs(seconds) < 10:
        return "just now"
    if abs(seconds) > 30 * 86400:
        return time.strftime("%d %b %Y").lstrip("0")
    text = _coarse(abs(seconds))
    return f"{text} ago" if seconds > 0 else f"in {text}"


def _coarse(seconds: float) -> str:
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit}"
    return f"{int(seconds)} s"


def duration(seconds: float | None) -> str:
    """Return ``0.4 s``, ``12 s``, ``3 min 20 s``, ``2 h 5 min``, ``3 d 4 h``."""
    if seconds is None or not math.isfinite(seconds):
        return "–"
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    whole = round(seconds)
    for size, unit, smaller, small in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // smaller
            return f"{whole // size} {unit}" + (f" {rest} {small}" if rest else "")
    return f"{whole} s"


def seconds_of(started: str | None, ended: str | None) -> float | None:
    """Return the seconds between two stamps; until now while it has not ended, None before it has started."""
    if started is None:
        return None
    if ended is None:
        return clock.seconds_since(started)
    return (clock.parse(ended) - clock.parse(started)).total_seconds()


def size(value: float | None) -> str:
    """Return a size as text, such as ``512 B`` or ``1.4 MB``.

    Parameters
    ----------
    value : float or None
        Bytes, or None: not known.

    Returns
    -------
    str
        In powers of 1000, as disks and downloads are measured; ``–`` for None.
    """
    if value is None:
        return "–"
    number = float(value)
    for unit in UNITS:
        if number < 1000 or unit == UNITS[-1]:
            return f"{number:.0f} {unit}" if unit == "B" or number >= 100 else f"{number:.1f} {unit}"
        number /= 1000
    raise AssertionError("unreachable: the last unit always returns")


def count(value: float | None) -> str:
    """Return a whole number with thin spaces between thousands, as astronomers print them."""
    return "–" if value is None else f"{int(value):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def number(value: float | None, digits: int = 4) -> str:
    """Return a measured value with some significant digits, without a needless exponent."""
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return count(value)
    if not math.isfinite(value):
        return str(value)
    return f"{value:.{digits}g}" if abs(value) < 1e6 else f"{value:.{digits - 1}e}"


def plural(value: float | None, word: str, many: str | None = None) -> str:
    """Return a number with its noun, such as ``1 spectrum`` or ``3 spectra``.

    Parameters
    ----------
    value : float or None
        The number, or None: not known.
    word : str
        The noun in the singular.
    many : str, optional
        The noun in the plural, where it does not end in ``s`` alone.

    Returns
    -------
    str
        Number and noun.
    """
    return f"{count(value)} {word if value == 1 else many or word + 's'}"


# The names that browsers and systems give themselves; those that others give themselves too come last.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def browser(agent: str) -> str:
    """Return ``Firefox on Linux`` from a User-Agent; of a program its first word."""
    name = next((shown for token, shown in BROWSERS.items() if f"{token}/" in agent), "")
    system = next((shown for token, shown in SYSTEMS.items() if token in agent), "")
    return f"{name} on {system}" if name and system else name or agent.split(" ", maxsplit=1)[0][:40]


FILTERS = {
    "ago": ago,
    "browser": browser,
    "count": count,
    "duration": duration,
    "iso": iso,
    "number": number,
    "plural": plural,
    "size": size,
    "utc": utc,
}
