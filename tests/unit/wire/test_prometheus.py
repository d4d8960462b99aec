"""Metrics as Prometheus reads them."""

from __future__ import annotations

from wire.prometheus import Metrics


def test_great_counts_are_written_in_full() -> None:
    metrics = Metrics()
    count = metrics.counter("spectra_total", "Spectra.")
    count(1_234_567)
    assert metrics.text().splitlines()[-1] == "spectra_total 1234567"
    count()
    assert metrics.text().splitlines()[-1] == "spectra_total 1234568"


def test_a_gauge_without_value_is_declared_and_values_keep_their_fraction() -> None:
    metrics = Metrics()
    metrics.gauge("waiting", "Requests that wait.")
    metrics.gauge("age_seconds", "Age.", lambda: 0.125, name='a\\b"c\nd')
    assert metrics.text().splitlines() == [
        "# HELP waiting Requests that wait.",
        "# TYPE waiting gauge",
        "# HELP age_seconds Age.",
        "# TYPE age_seconds gauge",
        r'age_seconds{name="a\\b\"c\nd"} 0.125',
    ]
