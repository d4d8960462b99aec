"""Runs to compare, without a platform."""

from __future__ import annotations

from typing import Any

from dashboard.base.resources import Resources
from dashboard.comparison.compared_run import ComparedRun, Matrix, Measure
from dashboard.jobs.job import DesiredState, Job, Phase

BALANCED = Measure("Balanced accuracy", "higher")
ERROR = Measure("Error", "lower")


def job(identifier: str, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "id": identifier,
        "owner": "owner",
        "label": identifier,
        "note": "",
        "action": "train",
        "module": "rdf",
        "module_version": "1.0.0",
        "image": "",
        "phase": Phase.COMPLETED,
        "desired_state": DesiredState.RUN,
        "reason": "",
        "parameters": {},
        "recipe": None,
        "dataset": "d",
        "input": {"name": "stars", "sha256": "0" * 64},
        "node": "any",
        "resources": Resources(),
        "parent": None,
        "progress": None,
        "metrics": None,
        "created": "2026-01-01T00:00:00.000Z",
        "started": None,
        "ended": None,
    }
    return Job(**{**values, **changes})


def run(
    identifier: str,
    metrics: dict[str, float] | None = None,
    matrix: Matrix | None = None,
    **changes: Any,
) -> ComparedRun:
    return ComparedRun(
        job(identifier, **changes),
        metrics or {},
        {"balanced": BALANCED, "error": ERROR},
        {} if matrix is None else {matrix.view: matrix},
    )


def matrix(classes: str, *counts: tuple[int, ...]) -> Matrix:
    return Matrix("confusion", "Confusion matrix", tuple(classes), counts, "cross-validation")
