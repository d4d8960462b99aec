"""The history of jobs: rows of `events`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.database.tables import events


async def add_event(
    connection: AsyncConnection,
    job: str,
    kind: str,
    by: str,
    detail: Mapping[str, Any],
    *,
    attempt: str | None = None,
) -> None:
    """Append an event, inside the transaction of the change that it records.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    job : str
        The job.
    kind : str
        One of the kinds that the table lists.
    by : str
        A user, or ``supervisor``.
    detail : Mapping
        JSON of the event.
    attempt : str, optional
        The attempt.
    """
    row = {
        "time": clock.now(),
        "job": job,
        "attempt": attempt,
        "kind": kind,
        "by": by,
        "detail": dict(detail),
    }
    await connection.execute(insert(events).values(row))
