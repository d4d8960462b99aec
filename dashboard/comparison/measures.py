"""The metrics of runs side by side, and of groups of runs that differ in their seed alone."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.compared_run import ComparedRun, Measure
from dashboard.comparison.differences import group_key


@dataclass(frozen=True)
class MetricRow:
    """One metric of all runs.

    Attributes
    ----------
    name, title
        What it is called.
    better
        ``higher`` or ``lower``; empty where no report says.
    values
        A value for each run; None where a run lacks it.
    """

    name: str
    title: str
    better: str
    values: tuple[float | None, ...]

    @property
    def best(self) -> list[int]:
        """The runs with the best value, by their index; none where no direction is known or all are equal."""
        known = [value for value in self.values if value is not None and math.isfinite(value)]
        if not self.better or len(known) < 2 or min(known) == max(known):
            return []
        wanted = max(known) if self.better == "higher" else min(known)
        return [index for index, value in enumerate(self.values) if value == wanted]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same value."""
        return any(value != self.values[0] for value in self.values[1:])

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        named = {"name": self.name, "title": self.title, "better": self.better or None}
        return {**named, "values": list(self.values), "best": self.best, "differs": self.differs}


@dataclass(frozen=True)
class Group:
    """Runs that differ in their seed alone.

    Attributes
    ----------
    runs
        Their indices.
    spread
        Of each metric of at least two of them: mean, standard deviation (of the sample), and their number.
    """

    runs: tuple[int, ...]
    spread: Mapping[str, tuple[float, float, int]]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        spread = {
            name: {"mean": mean, "sd": deviation, "runs": number}
            for name, (mean, deviation, number) in self.spread.items()
        }
        return {"runs": list(self.runs), "metrics": spread}


def metric_rows(runs: Sequence[ComparedRun]) -> list[MetricRow]:
    """Return every metric that a run has, in the reading order of the first run that has it."""
    names = dict.fromkeys(name for run in runs for name in run.metrics)
    rows = []
    for name in names:
        said = _measure(runs, name)
        rows.append(MetricRow(name, said.title, said.better, tuple(run.metrics.get(name) for run in runs)))
    return rows


def _measure(runs: Iterable[ComparedRun], name: str) -> Measure:
    """Return what reports say of a metric; where two of them give different directions, none is taken."""
    said = [run.measures[name] for run in runs if name in run.measures]
    directions = {one.better for one in said}
    title = said[0].title if said else name.replace("_", " ").replace(":", ": ")
    return Measure(title, directions.pop() if len(directions) == 1 else "")


def groups(runs: Sequence[ComparedRun]) -> list[Group]:
    """Return the groups of at least two runs, in the order of their first runs."""
    found: dict[str, list[int]] = {}
    for index, run in enumerate(runs):
        found.setdefault(group_key(run), []).append(index)
    return [
        Group(tuple(members), dict(_spread(runs, members))) for members in found.values() if len(members) > 1
    ]


def _spread(
    runs: Sequence[ComparedRun], members: Sequence[int]
) -> Iterable[tuple[str, tuple[float, float, int]]]:
    for name in dict.fromkeys(name for index in members for name in runs[index].metrics):
        values = [runs[index].metrics[name] for index in members if name in runs[index].metrics]
        if len(values) > 1:
            yield name, (statistics.fmean(values), statistics.stdev(values), len(values))
