"""Rows of the database as lines of JSON, and back."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Collection, Iterator
from pathlib import Path
from typing import IO, Any

from sqlalchemy import MetaData, Table, delete, func, insert, or_, select, update
from sqlalchemy.exc import CompileError, StatementError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.errors import Invalid
from dashboard.database.tables import (
    attempts,
    jobs,
    leases,
    metadata,
    platform_facts,
    resource_usage,
    sign_in_flows,
    tokens,
)
from dashboard.jobs.job import LIVE, Phase
from deploy.model.tables import deployment_predictions, deployment_versions
from deploy.model.tables import metadata as deploy_metadata

BLOCK = 500  # rows
#: What a line that is no row of its table raises.
NO_ROWS = (ValueError, TypeError, RecursionError, CompileError, StatementError)
#: What belongs to one run of one platform: its label, leases, browsers that are about to sign in, and
#: predictions whose files a gateway holds.
LEFT_OUT = frozenset({platform_facts.name, leases.name, sign_in_flows.name, deployment_predictions.name})
#: Of the tokens only invitations are kept: who is signed in signs in again.
KEPT_TOKENS = ("invitation",)
RESTORED = "The platform was restored from a backup that was made while this job ran. Retry or resume it."


def tables() -> list[Table]:
    """Return the tables of a backup, those before that others refer to."""
    both = [*metadata.sorted_tables, *deploy_metadata.sorted_tables]
    return [table for table in both if table.name not in LEFT_OUT]


async def lines(connection: AsyncConnection, table: Table) -> AsyncIterator[str]:
    """Yield the rows of a table as lines of JSON.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction that sees one moment.
    table : Table
        The table.

    Yields
    ------
    str
        An object by column, and a line feed.
    """
    query = select(table)
    if table.name == tokens.name:
        query = query.where(tokens.c.kind.in_(KEPT_TOKENS))
    streamed = await connection.stream(query.execution_options(yield_per=BLOCK))
    async for row in streamed.mappings():
        yield json.dumps(dict(row), ensure_ascii=False, allow_nan=False) + "\n"


async def load(connection: AsyncConnection, folder: Path) -> dict[str, int]:
    """Insert the rows of a backup into a database that has the schema of its time; `Invalid` if none fit.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction that writes.
    folder : Path
        With a file ``TABLE.jsonl`` for each table.

    Returns
    -------
    dict
        Table to number of rows.
    """
    there = MetaData()
    await connection.run_sync(there.reflect)
    counts = {}
    for table in there.sorted_tables:
        path = folder / f"{table.name}.jsonl"
        if path.is_file() and table.name not in LEFT_OUT:
            counts[table.name] = 0
            await connection.execute(delete(table))  # what migrations put there
            with path.open(encoding="utf-8") as file:
                try:
                    for block in _blocks(file, table.columns.keys()):
                        await connection.execute(insert(table), block)
                        counts[table.name] += len(block)
                except NO_ROWS as error:
                    raise Invalid(
                        f"{path.name} of the backup holds no rows of that table: {error}."
                    ) from error
            await _count_on(connection, table)
    return counts


async def _count_on(connection: AsyncConnection, table: Table) -> None:
    """Let PostgreSQL count up from the rows that brought their numbers; SQLite does so by itself."""
    column = table.autoincrement_column
    if connection.dialect.name != "postgresql" or column is None:
        return
    sequence = func.pg_get_serial_sequence(table.name, column.name)
    highest = select(func.coalesce(func.max(column), 0) + 1).scalar_subquery()
    await connection.execute(select(func.setval(sequence, highest, False)).where(sequence.is_not(None)))


def _blocks(file: IO[str], columns: Collection[str]) -> Iterator[list[dict[str, Any]]]:
    block: list[dict[str, Any]] = []
    for line in file:
        row = json.loads(line)
        if not isinstance(row, dict) or row.keys() != set(columns):
            raise ValueError("a line has other columns")
        block.append(row)
        if len(block) == BLOCK:
            yield block
            block = []
    if block:
        yield block


async def settle(connection: AsyncConnection, before: str, after: str) -> None:
    """Change what is not true any more in a restored database.

    Jobs that ran have ended, for what they ran in belongs to the platform of which the backup was made; paths
    begin with the new home.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction that writes, on the newest schema.
    before, after : str
        The home folders.
    """
    now = clock.now()
    alive = attempts.c.state.in_(("intended", "launched", "ended"))
    await connection.execute(update(attempts).where(alive, attempts.c.ended.is_(None)).values(ended=now))
    await connection.execute(update(attempts).where(alive).values(state="removed", handle=None))
    open_use = resource_usage.c.ended.is_(None)
    await connection.execute(update(resource_usage).where(open_use).values(ended=resource_usage.c.seen))
    running = or_(jobs.c.phase == Phase.EXECUTING, jobs.c.phase.in_(LIVE) & (jobs.c.desired_state == "abort"))
    ended = {"phase": Phase.ERROR, "reason": RESTORED, "ended": now, "progress": None}
    await connection.execute(update(jobs).where(running).values(ended))
    rows = await connection.execute(select(deployment_versions))
    for row in rows.mappings().all():
        folder = row["model_folder"]
        if folder and Path(folder).is_relative_to(before):
            moved = str(Path(after) / Path(folder).relative_to(before))
            version = (
                deployment_versions.c.deployment == row["deployment"],
                deployment_versions.c.number == row["number"],
            )
            await connection.execute(update(deployment_versions).where(*version).values(model_folder=moved))
