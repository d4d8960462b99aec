"""Counters, gauges and histograms in Prometheus' text format, version 0.0.4.

Written here and not taken from `prometheus_client`: it is this one file, costs no import time in a process
whose cold start counts, and every number is changed by one thread only.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

#: The content type of the format.
TEXT_FORMAT = "text/plain; version=0.0.4; charset=utf-8"

Labels = tuple[tuple[str, str], ...]


class Histogram:
    """Counts of values up to each bound, their sum and number.

    Parameters
    ----------
    bounds : sequence of float
        Upper bounds of the buckets, ascending; a last bucket without bound is added.
    """

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self._sum += value

    def lines(self, name: str, labels: Labels) -> list[str]:
        """Return the samples as lines: cumulated counts of the buckets, the sum, the number of values."""
        total, lines = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            total += count
            lines.append(f"{name}_bucket{_label_text((*labels, ('le', bound)))} {total}")
        return [
            *lines,
            f"{name}_sum{_label_text(labels)} {self._sum:.9g}",
            f"{name}_count{_label_text(labels)} {total}",
        ]


class Metrics:
    """All metrics of a server, written by `text`."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}
        self._gauges: dict[str, dict[Labels, Callable[[], float]]] = {}
        self._helps: dict[str, str] = {}

    def counter(self, name: str, text: str) -> Callable[..., None]:
        """Declare a counter.

        Parameters
        ----------
        name : str
            Name of the metric, which ends in ``_total``.
        text : str
            What it counts, in one sentence.

        Returns
        -------
        callable
            ``count(by=1, **labels)`` adds to the count of these labels.
        """
        self._helps[name] = text
        values = self._counters.setdefault(name, {})

        def count(by: float = 1, /, **labels: str) -> None:
            key = tuple(labels.items())
            values[key] = values.get(key, 0) + by

        return count

    def histogram(self, name: str, text: str, bounds: Sequence[float], /, **labels: str) -> Histogram:
        """Declare a histogram.

        Parameters
        ----------
        name : str
            Name of the metric, which ends in its unit, such as ``_seconds``.
        text : str
            What is measured, in one sentence.
        bounds : sequence of float
            Upper bounds of the buckets, ascending, in the metric's unit.
        **labels : str
            Labels of this histogram.

        Returns
        -------
        Histogram
            The one of these labels, made by the first call.
        """
        self._helps[name] = text
        return self._histograms.setdefault(name, {}).setdefault(tuple(labels.items()), Histogram(bounds))

    def gauge(self, name: str, text: str, read: Callable[[], float] | None = None, /, **labels: str) -> None:
        """Declare a gauge.

        Parameters
        ----------
        name : str
            Name of the metric.
        text : str
            What it shows, in one sentence.
        read : callable, optional
            Returns the value whenever the metrics are written; None: the metric is declared without a sample.
        **labels : str
            Labels of this value.
        """
        self._helps[name] = text
        values = self._gauges.setdefault(name, {})
        if read is not None:
            values[tuple(labels.items())] = read

    def text(self, *others: Metrics) -> str:
        """Return all metrics in the text format, and those of others behind them."""
        return "".join([self._text(), *(other.text() for other in others)])

    def _text(self) -> str:
        lines: list[str] = []
        for name, counts in self._counters.items():
            lines += self._head(name, "counter")
            lines += [f"{name}{_label_text(labels)} {_number(value)}" for labels, value in counts.items()]
        for name, gauges in self._gauges.items():
            lines += self._head(name, "gauge")
            lines += [f"{name}{_label_text(labels)} {_number(read())}" for labels, read in gauges.items()]
        for name, histograms in self._histograms.items():
            lines += self._head(name, "histogram")
            for labels, histogram in histograms.items():
                lines += histogram.lines(name, labels)
        return "\n".join(lines) + "\n"

    def _head(self, name: str, kind: str) -> list[str]:
        return [f"# HELP {name} {self._helps[name]}", f"# TYPE {name} {kind}"]


def _number(value: float) -> str:
    """Return a value in full: a shortened count would seem to stand still."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))


def _label_text(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
