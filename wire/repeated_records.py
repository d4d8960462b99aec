"""Limits how often one kind of record is logged: callers must not be able to fill a log."""

from __future__ import annotations

import logging
import time
from collections.abc import Hashable

#: Attribute of a record (``extra``) by which records of one message are told apart.
KIND = "kind_of_record"

MOST, WITHIN_S = 30, 60.0
"""Records of one kind that are logged, and the seconds in which they are counted."""

#: Kinds that are counted at once; more than a program has.
MOST_KINDS = 1000


class RepeatedRecords(logging.Filter):
    """Passes the first records of each kind in a while; the next one after it tells how many did not pass.

    A kind is a logger, a level and a message before its arguments are put in.

    Parameters
    ----------
    most
        Records that pass within `within_s`.
    within_s
        Seconds.
    """

    def __init__(self, most: int = MOST, within_s: float = WITHIN_S) -> None:
        super().__init__()
        self._most, self._within_s = most, within_s
        self._counted: dict[Hashable, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether a record passes."""
        kind = (record.name, record.levelno, str(record.msg), getattr(record, KIND, None))
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
    """Limit repeated records in everything that the root logger writes to."""
    shared = limit or RepeatedRecords()
    for handler in logging.getLogger().handlers:
        handler.addFilter(shared)
