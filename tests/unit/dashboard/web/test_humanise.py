"""Numbers as people read them."""

from __future__ import annotations

import datetime as dt

import pytest

from dashboard.web.app import humanise

NOW = dt.datetime(2026, 11, 20, 12, 0, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (3, "just now"),
        (40, "40 s ago"),
        (200, "3 min ago"),
        (7300, "2 h ago"),
        (3 * 86400, "3 d ago"),
        (-200, "in 3 min"),
    ],
)
def test_times_are_told_relative_to_now(seconds: float, text: str) -> None:
    assert humanise.ago(NOW - dt.timedelta(seconds=seconds), NOW) == text


def test_times_older_than_a_month_are_dates() -> None:
    assert humanise.ago("2026-01-05T00:00:00Z", NOW) == "5 Jan 2026"


def test_times_without_a_zone_are_utc() -> None:
    assert humanise.iso("2026-01-05T01:02:03") == "2026-01-05T01:02:03Z"


def test_no_time_is_a_dash() -> None:
    assert humanise.ago(None) == "–"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.4 s"),
        (59.4, "59 s"),
        (59.9, "60 s"),
        (200, "3 min 20 s"),
        (7500, "2 h 5 min"),
        (7200, "2 h"),
        (100_000, "1 d 3 h"),
        (None, "–"),
    ],
)
def test_durations_have_two_units_at_most(seconds: float | None, text: str) -> None:
    assert humanise.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0 B"), (999, "999 B"), (1400, "1.4 kB"), (123_456_789, "123 MB"), (None, "–")]
)
def test_sizes_are_powers_of_a_thousand(value: int | None, text: str) -> None:
    assert humanise.size(value) == text


def test_counts_have_thin_spaces() -> None:
    assert humanise.count(4136482) == "4\u202f136\u202f482"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.87654321, "0.8765"), (6564.614, "6565"), (3e9, "3.000e+09"), (12, "12"), (float("nan"), "nan")],
)
def test_measured_values_keep_their_significant_digits(value: float, text: str) -> None:
    assert humanise.number(value) == text


def test_words_follow_their_count() -> None:
    assert (humanise.plural(1, "spectrum", "spectra"), humanise.plural(2, "spectrum", "spectra")) == (
        "1 spectrum",
        "2 spectra",
    )
