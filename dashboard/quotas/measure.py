"""Counts what people and projects have, and the hours that jobs used and may still use this month."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.resources import Resources
from dashboard.database.tables import artefacts, attempts, datasets, jobs, models, resource_usage
from dashboard.quotas.quota import HOURS, Quota
from deploy.model.deployment import Scaling
from deploy.model.tables import deployments

MB = 10**6
HOUR_S = 3600.0
QUEUED, LIVE = "QUEUED", ("PENDING", "QUEUED", "EXECUTING")
RUNS = ("intended", "launched")  # states of an attempt that holds its node
OWNER, PROJECT = "owner", "project"
#: What is counted: all but the size of a single file.
COUNTED = tuple(quota for quota in Quota if quota is not Quota.UPLOAD)
Amounts = dict[str, float]


@dataclass(frozen=True)
class Scope:
    """Whose things are counted.

    Attributes
    ----------
    by : str
        `OWNER` or `PROJECT`: the column.
    names : collection of str or None
        Only theirs; None: of everybody.
    """

    by: str
    names: Collection[str] | None = None

    def key(self, table: Table) -> Column[Any]:
        """Return the column of a table that says whose a row is."""
        return table.c[self.by]

    def of(self, table: Table) -> ColumnElement[bool]:
        """Return the condition for the rows of a table that are counted."""
        column = self.key(table)
        return column.is_not(None) if self.names is None else column.in_(list(self.names))


@dataclass(frozen=True)
class Used:
    """An amount, and the part of it that is only reserved."""

    amount: float = 0.0
    reserved: float = 0.0


def month_start(moment: datetime | None = None) -> str:
    """Return when the present month began, UTC."""
    now = (moment or datetime.now(UTC)).astimezone(UTC)
    return clock.stamp(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))


def hourly(resources: Resources) -> dict[Quota, float]:
    """Return what one hour of a job with these resources counts at most: all its parts at once."""
    return {
        Quota.CPU: float(resources.cpus * resources.parts),
        Quota.GPU: float(resources.gpus * resources.parts),
        Quota.MEMORY: resources.memory_mb * resources.parts / 1000,
    }


def needed_hours(resources: Resources) -> dict[Quota, float]:
    """Return the most that one attempt can use: its time limit times what it is given."""
    hours = (resources.walltime_s or 0) / HOUR_S
    return {quota: hours * each for quota, each in hourly(resources).items()}


async def measured(
    connection: AsyncConnection, scope: Scope, quotas: Collection[Quota] = COUNTED, *, waiting: bool = True
) -> dict[str, dict[Quota, Used]]:
    """Return how much of some quotas is used, by the name of a person or project.

    Parameters
    ----------
    connection : AsyncConnection
        In a transaction.
    scope : Scope
        Whose.
    quotas : collection of Quota
        Which.
    waiting : bool
        Whether hours are also reserved for jobs that wait.
    """
    found: defaultdict[str, dict[Quota, Used]] = defaultdict(dict)
    for quota, count in COUNTS.items():
        if quota in quotas:
            for name, amount in (await count(connection, scope)).items():
                found[name][quota] = Used(amount)
    if set(HOURS) & set(quotas):
        for name, hours in (await _hours(connection, scope, waiting=waiting)).items():
            found[name] |= {quota: hours[quota] for quota in HOURS if quota in quotas}
    return dict(found)


async def sizes(connection: AsyncConnection, scope: Scope) -> dict[str, dict[str, int]]:
    """Return the bytes that people or projects store, by their name and the kind of object."""
    key = scope.key(jobs)
    files = select(key, func.sum(artefacts.c.size)).join(jobs, jobs.c.id == artefacts.c.job)
    queries: dict[str, Select[Any]] = {
        "datasets": _sums(scope, datasets, datasets.c.bytes),
        "models": _sums(scope, models, models.c.size),
        "results of jobs": files.where(scope.of(jobs)).group_by(key),
    }
    found: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for kind, query in queries.items():
        for name, size in (await connection.execute(query)).all():
            found[name][kind] = int(size or 0)
    return dict(found)


def _sums(scope: Scope, table: Table, column: Column[Any]) -> Select[Any]:
    key = scope.key(table)
    return select(key, func.sum(column)).where(scope.of(table)).group_by(key)


async def _disk(connection: AsyncConnection, scope: Scope) -> Amounts:
    return {name: sum(kinds.values()) / MB for name, kinds in (await sizes(connection, scope)).items()}


def _rows(
    table: Table, *conditions: ColumnElement[bool]
) -> Callable[[AsyncConnection, Scope], Awaitable[Amounts]]:
    async def count(connection: AsyncConnection, scope: Scope) -> Amounts:
        key = scope.key(table)
        query = select(key, func.count()).where(scope.of(table), *conditions).group_by(key)
        return {name: float(number) for name, number in (await connection.execute(query)).all()}

    return count


async def _replicas(connection: AsyncConnection, scope: Scope) -> Amounts:
    columns = (deployments.c.scaling, deployments.c.canary, deployments.c.enabled)
    query = select(scope.key(deployments).label("name"), *columns).where(scope.of(deployments))
    found: Amounts = {}
    for row in (await connection.execute(query)).mappings():
        most = replicas_of(row["scaling"], row["canary"], enabled=row["enabled"])
        found[row["name"]] = found.get(row["name"], 0.0) + most
    return found


def replicas_of(scaling: Mapping[str, Any], canary: int | None, *, enabled: bool) -> int:
    """Return the most replicas of a deployment: those of its stable version, and of a canary.

    Parameters
    ----------
    scaling : mapping
        As it is stored.
    canary : int or None
        Number of the canary; None: there is none.
    enabled : bool
        A deployment that is disabled has none.
    """
    most = Scaling.from_json(scaling).maximum
    return (most * (1 if canary is None else 2)) if enabled else 0


_holds_node = select(attempts.c.id).where(attempts.c.job == jobs.c.id, attempts.c.state.in_(RUNS)).exists()
_running = and_(jobs.c.phase.in_(LIVE), _holds_node)
COUNTS: Mapping[Quota, Callable[[AsyncConnection, Scope], Awaitable[Amounts]]] = {
    Quota.DISK: _disk,
    Quota.DATASETS: _rows(datasets),
    Quota.QUEUED: _rows(jobs, jobs.c.phase == QUEUED),
    Quota.RUNNING: _rows(jobs, _running),
    Quota.DEPLOYMENTS: _rows(deployments),
    Quota.REPLICAS: _replicas,
}


async def _hours(connection: AsyncConnection, scope: Scope, *, waiting: bool) -> dict[str, dict[Quota, Used]]:
    """Return the hours of this month: of attempts that ended, of those that run, and what is reserved."""
    start, now = month_start(), clock.now()
    this_month = or_(resource_usage.c.ended.is_(None), resource_usage.c.ended >= start)
    query = select(resource_usage).where(scope.of(resource_usage), this_month)
    used: defaultdict[str, Counter[Quota]] = defaultdict(Counter)
    elapsed: dict[str, float] = {}  # of the attempts that run, by job, in hours
    for row in (await connection.execute(query)).mappings():
        hours = hours_between(row["started"], row["ended"] or now, start, now)
        share = 1.0 if row["share"] is None else row["share"]
        hours *= share
        for quota, each in _granted(row).items():
            used[row[scope.by]][quota] += hours * each  # type: ignore[assignment]  # of fractions
        if row["ended"] is None:
            elapsed[row["job"]] = share * hours_between(row["started"], now, row["started"], now)
    reserved = await _reserved(connection, scope, elapsed, waiting=waiting)
    return {
        name: {
            quota: Used(used[name][quota] + reserved[name][quota], reserved[name][quota]) for quota in HOURS
        }
        for name in {*used, *reserved}
    }


async def _reserved(
    connection: AsyncConnection, scope: Scope, elapsed: Mapping[str, float], *, waiting: bool
) -> defaultdict[str, defaultdict[Quota, float]]:
    """Return what live jobs may still use: their time limit, without the time that they have run."""
    live = select(jobs.c.id, scope.key(jobs).label("name"), jobs.c.resources)
    live = live.where(scope.of(jobs), jobs.c.phase.in_(LIVE) if waiting else _running)
    found: defaultdict[str, defaultdict[Quota, float]] = defaultdict(lambda: defaultdict(float))
    for row in (await connection.execute(live)).mappings():
        resources = Resources.from_json(row["resources"])
        left = max((resources.walltime_s or 0) / HOUR_S - elapsed.get(row["id"], 0.0), 0.0)
        for quota, each in hourly(resources).items():
            found[row["name"]][quota] += left * each
    return found


def _granted(row: Mapping[Any, Any]) -> dict[Quota, float]:
    return {Quota.CPU: row["cpus"], Quota.GPU: row["gpus"], Quota.MEMORY: row["memory_mb"] / 1000}


def hours_between(started: str, ended: str, since: str, until: str) -> float:
    """Return the hours from `started` to `ended` that lie between two other times.

    Parameters
    ----------
    started, ended : str
        ISO 8601, UTC.
    since, until : str
        What is before and after is not counted.
    """
    first, last = max(started, since), min(ended, until)
    return (clock.parse(last) - clock.parse(first)).total_seconds() / HOUR_S if first < last else 0.0
