"""Usage of deployments: calls counted in memory by minute, and written every few seconds."""

from __future__ import annotations

import bisect
import secrets
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from deploy.model.store import Database
from deploy.model.tables import deployment_usage

# Upper ends of the latency histogram's bins in seconds, each √2 of the one before; the last bin is open.
BOUNDS = tuple(round(0.001 * 2 ** (step / 2), 6) for step in range(36))
KEPT_MINUTES = 90 * 24 * 60
MOST_KEPT = 20_000  # counters while the database is unavailable


@dataclass(frozen=True, slots=True)
class Key:
    """What a counter counts."""

    deployment: str
    minute: int
    token: str
    version: int


@dataclass(slots=True)
class Counters:
    """Numbers of calls, spectra and errors, and the latency histogram."""

    requests: int = 0
    spectra: int = 0
    server_errors: int = 0
    client_errors: int = 0
    seconds: float = 0.0
    latency: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call that was answered.

    Parameters
    ----------
    deployment, version, token
        What answered (version 0: no version), and the id of its token ("": none).
    status
        The HTTP status.
    seconds
        From the arrival of the call to the end of its answer.
    spectra
        Number of spectra predicted, as the replica reports it.
    """

    deployment: str
    version: int
    token: str
    status: int
    seconds: float
    spectra: int


class Usage:
    """Counts calls and writes the counters.

    Parameters
    ----------
    database
        The platform's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gateway = secrets.token_hex(4)  # new at each start, so that no two services write the same row
        self._counters: dict[Key, Counters] = {}
        self._changed: set[Key] = set()
        self._purged = 0

    def count(self, call: CallRecord) -> None:
        """Count a call."""
        key = Key(call.deployment, int(time.time()) // 60, call.token, call.version)
        counters = self._counters.get(key)
        if counters is None:
            if len(self._counters) >= MOST_KEPT:
                return  # the database is unavailable for long; calls are not counted
            counters = self._counters[key] = Counters()
        counters.requests += 1
        counters.spectra += call.spectra
        counters.server_errors += call.status >= 500
        counters.client_errors += 400 <= call.status < 500
        counters.seconds += call.seconds
        counters.latency[bisect.bisect_left(BOUNDS, call.seconds)] += 1
        self._changed.add(key)

    async def write(self) -> None:
        """Write the changed counters; on an error they are kept for the next time."""
        minute = int(time.time()) // 60
        changed = {key: self._row(key) for key in self._changed}
        self._changed = set()
        try:
            if changed:
                await self._write(list(changed.values()))
            if self._purged != minute // 60:
                await self._purge(minute - KEPT_MINUTES)
                self._purged = minute // 60
        except BaseException:
            self._changed |= changed.keys()
            raise
        self._counters = {
            key: counters
            for key, counters in self._counters.items()
            if key.minute >= minute or key in self._changed
        }

    async def made_today(self) -> dict[str, int]:
        """Return the number of requests of each token today, at all gateways."""
        usage = deployment_usage.c
        today = int(time.time()) // 86_400 * 1440
        query = (
            sa.select(usage.token, sa.func.sum(usage.requests))
            .where(usage.minute >= today, usage.token != "")
            .group_by(usage.token)
        )
        async with self._database.read() as connection:
            return {row[0]: int(row[1]) for row in await connection.execute(query)}

    async def of(self, deployment: str, minutes: int, points: int = 120) -> dict[str, Any]:
        """Return the usage of a deployment over time, and its sums by token and version.

        Parameters
        ----------
        deployment
            Its name.
        minutes
            Length of the time range, up to now.
        points
            Approximate number of buckets.

        Returns
        -------
        dict
            ``{"step": minutes, "buckets": [{"minute", "requests", "spectra", "server_errors",
            "client_errors", "seconds", "p50", "p95"}], "tokens": {id: sums},
            "versions": {number: sums}, "total": sums}``; latencies in seconds, None without calls.
        """
        step = max(1, -(-minutes // points))
        first = (int(time.time()) // 60 - minutes) // step * step + step
        query = sa.select(deployment_usage).where(
            deployment_usage.c.deployment == deployment, deployment_usage.c.minute >= first
        )
        sums: dict[tuple[str, Any], Counters] = {}
        async with self._database.read() as connection:
            for row in (await connection.execute(query)).mappings():
                for group in (
                    ("minute", row["minute"] // step * step),
                    ("token", row["token"]),
                    ("version", row["version"]),
                    ("total", ""),
                ):
                    _add(sums.setdefault(group, Counters()), row)
        last = int(time.time()) // 60
        empty = Counters()
        buckets = [
            {"minute": minute} | summary(sums.get(("minute", minute), empty))
            for minute in range(first, last + 1, step)
        ]
        return {
            "step": step,
            "buckets": buckets,
            "tokens": {key: summary(sum_) for (kind, key), sum_ in sums.items() if kind == "token"},
            "versions": {str(key): summary(sum_) for (kind, key), sum_ in sums.items() if kind == "version"},
            "total": summary(sums.get(("total", ""), empty)),
        }

    async def lately(self, minutes: int = 60) -> dict[str, dict[str, Any]]:
        """Return the usage of the last `minutes`, by deployment."""
        query = sa.select(deployment_usage).where(
            deployment_usage.c.minute > int(time.time()) // 60 - minutes
        )
        sums: dict[str, Counters] = {}
        async with self._database.read() as connection:
            for row in (await connection.execute(query)).mappings():
                _add(sums.setdefault(row["deployment"], Counters()), row)
        return {name: summary(counters) for name, counters in sums.items()}

    def _row(self, key: Key) -> dict[str, Any]:
        return asdict(key) | asdict(self._counters[key]) | {"gateway": self._gateway}

    async def _write(self, rows: Sequence[dict[str, Any]]) -> None:
        keys = [column.name for column in deployment_usage.primary_key.columns]
        async with self._database.write() as connection:
            for row in rows:
                mine = sa.and_(*(deployment_usage.c[key] == row[key] for key in keys))
                values = {name: value for name, value in row.items() if name not in keys}
                written = await connection.execute(sa.update(deployment_usage).where(mine).values(**values))
                if written.rowcount == 0:
                    await connection.execute(sa.insert(deployment_usage).values(**row))

    async def _purge(self, before: int) -> None:
        async with self._database.write() as connection:
            await connection.execute(sa.delete(deployment_usage).where(deployment_usage.c.minute < before))


def quantile(latency: Sequence[int], part: float) -> float | None:
    """Return a quantile of a latency histogram.

    Parameters
    ----------
    latency
        Number of requests in each bin of `BOUNDS`, and in the open last bin.
    part
        The quantile, from 0 to 1.

    Returns
    -------
    float or None
        Seconds, interpolated inside the bin; None without requests.
    """
    total = sum(latency)
    if total == 0:
        return None
    rank, passed = part * total, 0
    for index, count in enumerate(latency):
        if count and passed + count >= rank:
            low = BOUNDS[index - 1] if index else 0.0
            high = BOUNDS[index] if index < len(BOUNDS) else 2 * BOUNDS[-1]
            return low + (high - low) * (rank - passed) / count
        passed += count
    return BOUNDS[-1]


def summary(counters: Counters) -> dict[str, Any]:
    """Return counters as JSON, with the quantiles p50 and p95 instead of the histogram."""
    found = asdict(counters)
    latency = found.pop("latency")
    return found | {"p50": quantile(latency, 0.5), "p95": quantile(latency, 0.95)}


def _add(counters: Counters, row: Any) -> None:
    for name in ("requests", "spectra", "server_errors", "client_errors", "seconds"):
        setattr(counters, name, getattr(counters, name) + row[name])
    for index, count in enumerate(row["latency"][: len(counters.latency)]):
        counters.latency[index] += count
