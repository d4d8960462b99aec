"""A log that callers cannot fill."""

from __future__ import annotations

import logging

import pytest

from wire import repeated_records
from wire.repeated_records import KIND, RepeatedRecords, limit_repeated


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


def test_lines_below_the_first_do_not_make_a_kind(clock: list[float]) -> None:
    assert clock == [0.0]
    kept = Kept(RepeatedRecords(most=1))
    logger = logger_of(kept)
    for number in range(5):
        logger.error(f"accepting failed\nsocket: {number}")
    assert kept.lines == ["accepting failed\nsocket: 0"]


def test_a_record_for_two_handlers_counts_once(clock: list[float]) -> None:
    limit = RepeatedRecords(most=2, within_s=60)
    one, other = Kept(limit), Kept(limit)
    logger = logger_of(one)
    logger.addHandler(other)
    for _ in range(5):
        logger.error("it broke")
    clock[0] = 61.0
    logger.error("it broke")
    assert one.lines == other.lines
    assert one.lines == ["it broke", "it broke", "it broke (and 3 more like it were not logged)"]


def test_a_log_of_accesses_has_a_line_for_each_call() -> None:
    kept = Kept(RepeatedRecords(most=1, unlimited={"test"}))
    logger = logger_of(kept)
    for _ in range(5):
        logger.error("%s", "a call")
    assert len(kept.lines) == 5


def test_the_handler_of_last_resort_is_limited_too(monkeypatch: pytest.MonkeyPatch) -> None:
    last, own = logging.StreamHandler(), logging.StreamHandler()
    monkeypatch.setattr(logging, "lastResort", last)
    monkeypatch.setattr(logging.getLogger(), "handlers", [own])
    limit_repeated()
    assert last.filters == own.filters
    assert isinstance(last.filters[0], RepeatedRecords)
