"""Identifiers and stamps sort by time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

from dashboard.base import clock
from dashboard.base.ids import attempt_name, is_identifier, new_identifier
from launchers.spec import NAME


def test_identifiers_sort_by_the_time_they_were_made() -> None:
    made = [new_identifier(milliseconds) for milliseconds in (0, 1, 31, 32, 10**12, 10**12 + 1, 2**45 - 1)]
    assert made == sorted(made)
    assert all(map(is_identifier, made))


def test_identifiers_of_one_millisecond_differ() -> None:
    assert len({new_identifier(5) for _ in range(1000)}) == 1000


def test_identifiers_of_one_millisecond_sort_in_the_order_of_their_making() -> None:
    made = [new_identifier(5) for _ in range(1000)]
    assert made == sorted(made)


def test_threads_share_no_identifier() -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: new_identifier(6), range(4000)))
    assert len(set(made)) == 4000


def test_what_is_no_identifier_is_known_as_such() -> None:
    assert not any(
        map(is_identifier, ["", "../../etc/passwd", new_identifier().upper(), new_identifier() + "\n"])
    )


def test_an_attempts_name_can_name_a_container() -> None:
    assert NAME.fullmatch(attempt_name(new_identifier(), 12))


def test_a_stamp_is_utc_with_milliseconds_and_comes_back() -> None:
    moment = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone(timedelta(hours=2)))
    assert clock.stamp(moment) == "2026-01-02T01:04:05.678Z"
    assert clock.parse(clock.stamp(moment)) == moment
    assert clock.parse("2026-01-02T01:04:05").tzinfo is UTC


def test_stamps_sort_as_text_also_on_a_whole_second() -> None:
    whole = datetime(2026, 1, 2, tzinfo=UTC)
    assert clock.stamp(whole) < clock.stamp(whole + timedelta(milliseconds=1))
