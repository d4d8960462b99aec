"""The parameters, metrics and tags by which jobs are found and sorted: one row each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, FromClause, and_, delete, insert, not_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.database.tables import job_values, jobs
from dashboard.jobs.value_test import MOST_TEXT, TAG, ValueTest

MOST_NAME = 120  # letters of a name
MOST_VALUES = 300  # of one job


def rows_of(
    job: str, parameters: Mapping[str, Any], metrics: Mapping[str, Any] | None, tags: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the rows of `job_values` of a job.

    Parameters
    ----------
    job : str
        Its id.
    parameters, metrics : mapping
        Numbers, texts and truth values; others (lists, nothing, NaN) have no row.
    tags : iterable of str
        Its tags.

    Returns
    -------
    list of dict
        ``job, name, text, number`` each: a number has an empty text, a text has the number 0.
    """
    named = {f"parameters.{name}": value for name, value in parameters.items()}
    named |= {f"metrics.{name}": value for name, value in (metrics or {}).items()}
    pairs = [(name, _indexed(value)) for name, value in named.items() if len(name) <= MOST_NAME]
    pairs += [(TAG, (tag[:MOST_TEXT], 0.0)) for tag in dict.fromkeys(tags)]
    known = [(name, pair) for name, pair in pairs if pair is not None][:MOST_VALUES]
    return [{"job": job, "name": name, "text": text, "number": number} for name, (text, number) in known]


def _indexed(value: Any) -> tuple[str, float] | None:
    if isinstance(value, bool):
        return str(value).lower(), 0.0
    if isinstance(value, int | float):
        return ("", float(value)) if abs(value) < 1e300 and math.isfinite(value) else None
    return (value[:MOST_TEXT], 0.0) if isinstance(value, str) and value else None


async def index_values(connection: AsyncConnection, job: str) -> None:
    """Replace the indexed values of a job by its current ones."""
    shown = (jobs.c.parameters, jobs.c.metrics, jobs.c.tags)
    row = (await connection.execute(select(*shown).where(jobs.c.id == job))).one()
    await connection.execute(delete(job_values).where(job_values.c.job == job))
    if rows := rows_of(job, row.parameters, row.metrics, row.tags or ()):
        await connection.execute(insert(job_values), rows)


def passes(test: ValueTest, values: FromClause = job_values) -> ColumnElement[bool]:
    """Return the condition that a row of `job_values`, or of an alias of it, passes a test."""
    text, number = values.c.text, values.c.number
    named = values.c.name == test.name
    if not test.operator:
        return named
    if isinstance(test.value, str):
        same: ColumnElement[bool] = text == test.value
        return and_(named, same if test.operator == "=" else not_(same))
    if test.operator == "!=":
        return and_(named, not_(and_(text == "", number == test.value)))
    compared = {
        "=": number == test.value,
        "<": number < test.value,
        "<=": number <= test.value,
        ">": number > test.value,
        ">=": number >= test.value,
    }
    return and_(named, text == "", compared[test.operator])
