"""One metric over modules and datasets: which method is best on which spectra."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.comparison.compared_run import ComparedRun
from dashboard.comparison.measures import MetricRow


@dataclass(frozen=True)
class Pivot:
    """The runs of each pair of module and dataset.

    Attributes
    ----------
    metric
        The metric's row.
    modules, datasets
        Names of the rows and columns.
    cells
        Indices of runs, ``cells[module][dataset]``.
    """

    metric: MetricRow
    modules: tuple[str, ...]
    datasets: tuple[str, ...]
    cells: tuple[tuple[tuple[int, ...], ...], ...]

    def mean(self, runs: Sequence[int]) -> float | None:
        """Return the mean of the metric over some runs; None where none has it."""
        values = [value for index in runs if (value := self.metric.values[index]) is not None]
        return sum(values) / len(values) if values else None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON: of each cell, its runs and the mean of the metric."""
        cells = [
            [{"runs": list(members), "mean": self.mean(members)} for members in line] for line in self.cells
        ]
        said = {"modules": list(self.modules), "datasets": list(self.datasets)}
        return {"metric": self.metric.name, "title": self.metric.title, **said, "cells": cells}


def pivot(runs: Sequence[ComparedRun], rows: Sequence[MetricRow]) -> Pivot | None:
    """Return the first metric that says which direction is better, over modules and datasets.

    Parameters
    ----------
    runs : sequence of ComparedRun
        The runs.
    rows : sequence of MetricRow
        Their metrics, in reading order.

    Returns
    -------
    Pivot or None
        None for one module, for one dataset, or without such a metric.
    """
    modules = tuple(dict.fromkeys(run.job.module for run in runs))
    datasets = tuple(dict.fromkeys(_dataset(run) for run in runs))
    metric = next((row for row in rows if row.better), None)
    if metric is None or len(modules) < 2 or len(datasets) < 2:
        return None
    at = [(run.job.module, _dataset(run)) for run in runs]
    cells = tuple(
        tuple(
            tuple(index for index, place in enumerate(at) if place == (module, dataset))
            for dataset in datasets
        )
        for module in modules
    )
    return Pivot(metric, modules, datasets, cells)


def _dataset(run: ComparedRun) -> str:
    return str(run.job.input.get("name", run.job.dataset or ""))
