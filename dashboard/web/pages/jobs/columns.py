"""The columns that somebody adds to the list of jobs: parameters and metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from dashboard.jobs.job import Job
from dashboard.jobs.value_test import KINDS, is_value

MOST_OFFERED = 120


def chosen_columns(names: Iterable[str]) -> list[dict[str, str]]:
    """Return the columns, each once, in the order given.

    Parameters
    ----------
    names : iterable of str
        ``metrics.NAME`` or ``parameters.NAME``; others are passed over: a saved view may be an old one.

    Returns
    -------
    list of dict
        ``{"kind", "name", "key"}``.
    """
    parts = ((key, *key.partition(".")[::2]) for key in dict.fromkeys(names) if is_value(key))
    return [{"key": key, "kind": kind, "name": name} for key, kind, name in parts]


def offered_columns(jobs: Iterable[Job], chosen: Iterable[Mapping[str, str]]) -> dict[str, list[str]]:
    """Return the names that can be columns, by kind: those of the jobs shown, and those chosen.

    Parameters
    ----------
    jobs : iterable of Job
        On this page.
    chosen : iterable of mapping
        As `chosen_columns` returns them.
    """
    names: dict[str, dict[str, None]] = {kind: {} for kind in KINDS}
    for column in chosen:
        names[column["kind"]][column["name"]] = None
    for job in jobs:
        for kind, values in (("metrics", job.metrics), ("parameters", job.parameters)):
            names[kind].update(dict.fromkeys(str(name) for name in values or ()))
    return {kind: list(found)[:MOST_OFFERED] for kind, found in names.items()}


def cells(job: Job, columns: Iterable[Mapping[str, str]]) -> list[Any]:
    """Return the values of a job in the added columns; None where it has none."""
    values: dict[str, Mapping[str, Any]] = {"metrics": job.metrics or {}, "parameters": job.parameters}
    return [values[column["kind"]].get(column["name"]) for column in columns]
