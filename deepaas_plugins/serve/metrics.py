"""Counters and histograms in Prometheus' text format.

Written here and not taken from `prometheus_client`: it is this one file, costs no import time in a process
whose cold start counts, and every number is touched by one thread only. The deploy service writes a handful
of gauges in the same format (``deploy.application``); it cannot import this room, nor this room that one,
and the format is two lines per metric, which is less than a room of its own would be.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 60.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)

Labels = tuple[tuple[str, str], ...]


class Histogram:
    """Counts of values up to each bound, their sum and number."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = bounds
        self._counts = [0] * (len(bounds) + 1)
        self._sum = 0.0

    def observe(self, value: float) -> None:
        """Count a value."""
        self._counts[bisect_left(self.bounds, value)] += 1
        self._sum += value

    def lines(self, name: str, labels: Labels) -> list[str]:
        """Write its samples."""
        total, lines = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), self._counts, strict=True):
            total += count
            lines.append(f"{name}_bucket{_text((*labels, ('le', bound)))} {total}")
        return [*lines, f"{name}_sum{_text(labels)} {self._sum:.9g}", f"{name}_count{_text(labels)} {total}"]


class Metrics:
    """All metrics of a server."""

    def __init__(self) -> None:
        self._counters: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, Histogram]] = {}
        self._gauges: dict[str, dict[Labels, Callable[[], float]]] = {}
        self._helps: dict[str, str] = {}

    def counter(self, name: str, text: str) -> Callable[..., None]:
        """Declare a counter; returns ``count(by=1, **labels)``."""
        self._helps[name] = text
        values = self._counters.setdefault(name, {})

        def count(by: float = 1, **labels: str) -> None:
            key = tuple(labels.items())
            values[key] = values.get(key, 0) + by

        return count

    def histogram(self, name: str, text: str, bounds: Sequence[float], **labels: str) -> Histogram:
        """Declare a histogram."""
        self._helps[name] = text
        return self._histograms.setdefault(name, {}).setdefault(tuple(labels.items()), Histogram(bounds))

    def gauge(self, name: str, text: str, read: Callable[[], float], **labels: str) -> None:
        """Declare a value that is read when it is asked for."""
        self._helps[name] = text
        self._gauges.setdefault(name, {})[tuple(labels.items())] = read

    def text(self) -> str:
        """Write everything in the text format, version 0.0.4."""
        lines: list[str] = []
        for name, counts in self._counters.items():
            lines += self._head(name, "counter")
            lines += [f"{name}{_text(labels)} {value:g}" for labels, value in counts.items()]
        for name, gauges in self._gauges.items():
            lines += self._head(name, "gauge")
            lines += [f"{name}{_text(labels)} {read():g}" for labels, read in gauges.items()]
        for name, histograms in self._histograms.items():
            lines += self._head(name, "histogram")
            for labels, histogram in histograms.items():
                lines += histogram.lines(name, labels)
        return "\n".join(lines) + "\n"

    def _head(self, name: str, kind: str) -> list[str]:
        return [f"# HELP {name} {self._helps[name]}", f"# TYPE {name} {kind}"]


def _text(labels: Labels) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
