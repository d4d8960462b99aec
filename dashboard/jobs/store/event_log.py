"""The history of jobs: what happened to them, and by whom."""

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
    """Append to the history, inside the transaction of what happened."""
    row = {
        "time": clock.now(),
        "job": job,
        "attempt": attempt,
        "kind": kind,
        "by": by,
        "detail": dict(detail),
    }
    await connection.execute(insert(events).values(row))
