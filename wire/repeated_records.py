"""Limits how often one kind of record is logged: callers must not be able to fill a log."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Hashable

#: Attribute of a record (``extra``) by which records of one message are told apart.
KIND = "kind_of_record"

MOST, WITHIN_S = 30, 60.0
"""Records of one kind that are logged, and the seconds in which they are counted."""

#: Kinds that are counted at once; more than a program has.
MOST_KINDS = 1000

#: Characters of a message's first line by which its kind is told. What asyncio adds below names one socket.
KIND_CHARACTERS = 200

#: Attribute of a record that was looked at, for the next handler that it comes to.
_PASSES = "passes_repeated_records"


class RepeatedRecords(logging.Filter):
    """Passes the first records of each kind in a while; the next one after it tells how many did not pass.

    A kind is a logger, a level and the first line of a message before its arguments are put in.

    Parameters
    ----------
    most
        Records that pass within `within_s`.
    within_s
        Seconds.
    unlimited
        Loggers whose records always pass: a log of accesses has a line for each call.
    """

    def __init__(
        self, most: int = MOST, within_s: float = WITHIN_S, unlimited: Collection[str] = frozenset()
    ) -> None:
        super().__init__()
        self._most, self._within_s, self._unlimited = most, within_s, unlimited
        self._counted: dict[Hashable, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes; the same for every handler that has this filter."""
        known = getattr(record, _PASSES, None)
        if known is not None and known[0] is self:
            return bool(known[1])
        passes = record.name in self._unlimited or self._count(record)
        setattr(record, _PASSES, (self, passes))
        return passes

    def _count(self, record: logging.LogRecord) -> bool:
        first = str(record.msg).partition("\n")[0][:KIND_CHARACTERS]
        kind = (record.name, record.levelno, first, getattr(record, KIND, None))
        now = time.monotonic()
        began, count = self._counted.get(kind, (now, 0))
        if now - began > self._within_s:
            if count > self._most:
                record.msg = f"{record.msg} (and {count - self._most} more like it were not logged)"
            began, count = now, 0
        if kind not in self._counted and len(self._counted) >= MOST_KINDS:
            self._counted.clear()
        self._counted[kind] = began, count + 1
        return count < self._most


def limit_repeated(limit: logging.Filter | None = None) -> None:
    """Limit repeated records in everything that the root logger writes to.

    Without a handler of its own it writes to the handler of last resort.
    """
    shared = limit or RepeatedRecords()
    last = [logging.lastResort] if logging.lastResort is not None else []
    for handler in [*logging.getLogger().handlers, *last]:
        handler.addFilter(shared)
