"""One run of a comparison: its job, what its report measures, and its confusion matrices."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.base.errors import ServiceError
from dashboard.jobs.job import Job
from dashboard.reports.reading_order import ordered_metrics
from dashboard.reports.report import Report

METRICS, MATRIX, MAP = "metrics", "confusion-matrix", "som-map"
FIGURES = frozenset({METRICS, MATRIX})  # the views whose data are read
DIRECTIONS = ("higher", "lower")


@dataclass(frozen=True)
class Measure:
    """How a metric is called and which direction is better; empty where the report does not say."""

    title: str
    better: str


@dataclass(frozen=True)
class Matrix:
    """A confusion matrix of a report.

    Attributes
    ----------
    view
        Id of the view.
    title
        Its title.
    classes
        Names of the classes.
    counts
        ``counts[true][predicted]``.
    split
        What was predicted: ``cross-validation``, ``test`` …; empty where the report does not say.
    """

    view: str
    title: str
    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    split: str


@dataclass(frozen=True)
class ComparedRun:
    """A run as it is compared.

    Attributes
    ----------
    job
        The job.
    metrics
        Its metrics in reading order.
    measures
        What its report says of them, by name.
    matrices
        Its confusion matrices, by the id of the view.
    maps
        Its maps: the title of each view by its id.
    unreadable
        Why its report cannot be read; empty if it can, or if there is none.
    """

    job: Job
    metrics: Mapping[str, float]
    measures: Mapping[str, Measure] = field(default_factory=dict)
    matrices: Mapping[str, Matrix] = field(default_factory=dict)
    maps: Mapping[str, str] = field(default_factory=dict)
    unreadable: str = ""

    @property
    def title(self) -> str:
        """How the run is called in a table."""
        return self.job.label or f"{self.job.module} {self.job.id}"


def compared_run(job: Job, report: Report | None, headline: Sequence[str]) -> ComparedRun:
    """Return a run with what its report holds; a report that cannot be read is said and left out.

    Parameters
    ----------
    job : Job
        The job.
    report : Report or None
        Its report; None: it has not started.
    headline : sequence of str
        Metrics that the module declares as most telling.

    Returns
    -------
    ComparedRun
        The run.
    """
    metrics = {
        name: float(value)
        for name, value in (ordered_metrics(job.metrics, headline) or {}).items()
        if isinstance(value, (int, float))
    }
    measures: dict[str, Measure] = {}
    matrices: dict[str, Matrix] = {}
    maps: dict[str, str] = {}
    unreadable = ""
    try:
        if report is not None:
            views = report.views()
            maps = {view["id"]: view["title"] for view in views if view["kind"] == MAP}
            for view in (report.view(one["id"]) for one in views if one["kind"] in FIGURES):
                _collect(view, measures, matrices)
    except ServiceError as error:
        unreadable = error.detail
    return ComparedRun(job, metrics, measures, matrices, maps, unreadable)


def _collect(view: Mapping[str, Any], measures: dict[str, Measure], matrices: dict[str, Matrix]) -> None:
    for name, measure in _measures(view):
        measures.setdefault(name, measure)
    matrices |= {matrix.view: matrix for matrix in _matrices(view)}


def _measures(view: Mapping[str, Any]) -> Iterable[tuple[str, Measure]]:
    values = view["data"].get("values") if view.get("kind") == METRICS else None
    for one in values if isinstance(values, list) else ():
        if isinstance(one, Mapping) and isinstance(one.get("name"), str):
            better = str(one.get("better", ""))
            title = str(one.get("title", one["name"]))
            yield one["name"], Measure(title, better if better in DIRECTIONS else "")


def _matrices(view: Mapping[str, Any]) -> Iterable[Matrix]:
    if view.get("kind") != MATRIX:
        return
    data = view["data"]
    classes, counts = data.get("classes"), data.get("counts")
    if not isinstance(classes, list) or not isinstance(counts, list) or len(counts) != len(classes):
        return
    if not all(isinstance(row, list) and len(row) == len(classes) for row in counts):
        return
    whole = tuple(tuple(int(value) for value in row) for row in counts)
    yield Matrix(view["id"], view["title"], tuple(map(str, classes)), whole, str(data.get("split", "")))
