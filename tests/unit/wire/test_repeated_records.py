"""A log that callers cannot fill."""

from __future__ import annotations

import logging

import pytest

from wire import repeated_records
from wire.repeated_records import KIND, RepeatedRecords


class Kept(logging.Handler):
    """Keeps what passes."""

    def __init__(self, limit: logging.Filter) -> None:
        super().__init__()
        self.addFilter(limit)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(repeated_records.time, "monotonic", lambda: now[0])
    return now


def logger_of(kept: Kept) -> logging.Logger:
    logger = logging.Logger("test")
    logger.addHandler(kept)
    return logger


def test_records_of_one_kind_pass_until_they_are_too_many(clock: list[float]) -> None:
    kept = Kept(RepeatedRecords(most=3, within_s=60))
    logger = logger_of(kept)
    for number in range(100):
        logger.error("[%d] it broke", number)
        logger.error("%s", "another message")
    logger.warning("[%d] it broke", 0)
    assert kept.lines.count("another message") == 3
    assert len(kept.lines) == 7
    clock[0] = 61.0
    logger.error("[%d] it broke", 100)
    assert kept.lines[-1] == "[100] it broke (and 97 more like it were not logged)"
    logger.error("[%d] it broke", 101)
    assert kept.lines[-1] == "[101] it broke"


def test_kinds_of_one_message_are_told_apart(clock: list[float]) -> None:
    assert clock == [0.0]
    kept = Kept(RepeatedRecords(most=1))
    logger = logger_of(kept)
    for status in (400, 400, 404):
        logger.info("status %d", status, extra={KIND: status})
    assert kept.lines == ["status 400", "status 404"]
