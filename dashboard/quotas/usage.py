"""Records what each attempt of a job held, and for how long; called inside the supervisor's transactions.

The times are those that the supervisor saw, not those that a container wrote: a module must not count its own
hours. Only where no supervisor looked for a while, the time that the container wrote says when it ended; it
must lie between the last look and now.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.resources import Resources
from dashboard.database.tables import attempts, jobs, resource_usage

SEEN_EVERY_S = 30.0
UNSEEN_S = 3 * SEEN_EVERY_S  # longer since the last look: nobody saw the end
LEAST_S = 1.0  # an attempt in parts that was seen for less counts as if seen for so long
SLACK_S = 60.0  # beyond the time limit, until an attempt is stopped
#: Kind of launcher that gives every part of a job the whole of its resources, and where an attempt that was
#: launched may wait before it begins.
IN_PARTS = QUEUES = "slurm"


async def started(connection: AsyncConnection, attempt: str, moment: str) -> None:
    """Record that an attempt began to run; a second call changes nothing.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    attempt : str
        Its id.
    moment : str
        When.
    """
    known = select(resource_usage.c.attempt).where(resource_usage.c.attempt == attempt)
    if (await connection.execute(known)).first() is not None:
        return
    query = (
        select(jobs, attempts.c.node.label("ran_on"), attempts.c.launcher)
        .join(attempts, attempts.c.job == jobs.c.id)
        .where(attempts.c.id == attempt)
    )
    found = (await connection.execute(query)).mappings().one()
    resources = Resources.from_json(found["resources"])
    parts = resources.parts if found["launcher"] == IN_PARTS else 1
    row: dict[str, Any] = {
        "attempt": attempt,
        "job": found["id"],
        "owner": found["owner"],
        "project": found["project"],
        "module": found["module"],
        "node": found["ran_on"],
        "cpus": resources.cpus * parts,
        "gpus": resources.gpus * parts,
        "memory_mb": resources.memory_mb * parts,
        "walltime_s": resources.walltime_s,
        "started": moment,
        "seen": moment,
    }
    await connection.execute(insert(resource_usage).values(row))


async def _started_unseen(
    connection: AsyncConnection, attempt: str, launched: str, began: str | None, now: str
) -> None:
    """Record that an attempt ran that nobody saw running.

    A container that did not say when it began has held its node since it was launched; on a cluster it may
    have waited until it was cancelled, and counts nothing.
    """
    if began is None:
        query = select(attempts.c.launcher).where(attempts.c.id == attempt)
        if (await connection.execute(query)).scalar_one() == QUEUES:
            return
    await started(connection, attempt, min(max(began or launched, launched), now))


async def seen(connection: AsyncConnection, running: Collection[str]) -> None:
    """Record that attempts are watched now."""
    watched = (resource_usage.c.attempt.in_(running), resource_usage.c.ended.is_(None))
    await connection.execute(update(resource_usage).where(*watched).values(seen=clock.now()))


async def held(connection: AsyncConnection, attempt: str, held_s: float) -> None:
    """Record for how long the parts of an attempt that runs have held their nodes.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    attempt : str
        Its id.
    held_s : float
        Seconds of all its parts, added up; what they have held of one node each.
    """
    query = (
        select(resource_usage.c.started, resource_usage.c.ended, jobs.c.resources)
        .join(jobs, jobs.c.id == resource_usage.c.job)
        .where(resource_usage.c.attempt == attempt)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return
    parts = Resources.from_json(row["resources"]).parts
    until = clock.parse(row["ended"] or clock.now())
    took_s = max((until - clock.parse(row["started"])).total_seconds(), LEAST_S)
    began = clock.of_seconds(until.timestamp() - took_s)
    values = {"started": min(began, row["started"]), "share": held_s / (parts * took_s)}
    mine = resource_usage.c.attempt == attempt
    await connection.execute(update(resource_usage).where(mine).values(values))


async def ended(
    connection: AsyncConnection,
    attempt: str,
    *,
    launched: str | None,
    began: str | None,
    written: str | None,
    held_s: float | None = None,
) -> None:
    """Record that an attempt ended.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    attempt : str
        Its id.
    launched : str or None
        When it was started on its node; None: it never was.
    began : str or None
        When its container began, by its own word; None: it did not say.
    written : str or None
        When it ended, by its own word.
    held_s : float, optional
        For how long its parts held their nodes, as `held`; None: it has none, or nobody knows.
    """
    now = clock.now()
    if launched is not None:  # it may have ended before it was seen to run
        await _started_unseen(connection, attempt, launched, began, now)
    query = select(resource_usage).where(
        resource_usage.c.attempt == attempt, resource_usage.c.ended.is_(None)
    )
    row = (await connection.execute(query)).mappings().one_or_none()
    if row is None:
        return
    moment = now
    if clock.seconds_since(row["seen"]) > UNSEEN_S:
        moment = min(max(written or now, row["seen"]), now)
        if row["walltime_s"]:
            latest = clock.of_seconds(clock.parse(row["started"]).timestamp() + row["walltime_s"] + SLACK_S)
            moment = max(min(moment, latest), row["started"])
    mine = resource_usage.c.attempt == attempt
    await connection.execute(update(resource_usage).where(mine).values(ended=moment, seen=now))
    if held_s is not None:
        await held(connection, attempt, held_s)
