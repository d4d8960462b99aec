"""Metrics of what a platform holds: read from the database, the disk and memory when they are asked for."""

from __future__ import annotations

import asyncio
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import datasets, jobs, models, outbox, tokens, users
from dashboard.jobs.job import Phase
from dashboard.platform import Platform
from deploy.model.tables import deployment_predictions
from wire.prometheus import Metrics

STARTED = time.time()
NAMES = {
    "huggins_info": "Version of the platform.",
    "huggins_start_time_seconds": "When this process started, since 1970.",
    "huggins_resident_memory_bytes": "Memory of this process.",
    "huggins_supervisor_running": "Whether the supervisor of jobs runs.",
    "huggins_jobs": "Jobs by phase.",
    "huggins_oldest_queued_seconds": "How long the oldest queued job has waited.",
    "huggins_node_up": "Whether a node answers.",
    "huggins_node_open": "Whether a node takes jobs: it answers and is not drained.",
    "huggins_node_jobs": "Jobs on a node.",
    "huggins_node_cpus": "Processors of a node.",
    "huggins_node_cpus_used": "Processors of a node that jobs hold.",
    "huggins_node_memory_bytes": "Memory of a node.",
    "huggins_node_memory_used_bytes": "Memory of a node that jobs hold.",
    "huggins_deployments": "Deployments by state.",
    "huggins_replicas": "Replicas by deployment and state.",
    "huggins_outstanding": "Requests that replicas have now.",
    "huggins_waiting": "Requests that wait for a replica to start.",
    "huggins_predictions": "Asynchronous predictions by state.",
    "huggins_datasets": "Datasets by state.",
    "huggins_datasets_bytes": "Bytes of all datasets.",
    "huggins_models": "Models.",
    "huggins_models_bytes": "Bytes of all models.",
    "huggins_accounts": "Accounts by state.",
    "huggins_sessions": "Sessions of browsers that have not expired.",
    "huggins_messages": "Notifications by state.",
    "huggins_disk_bytes": "Size of the disk of the home.",
    "huggins_disk_free_bytes": "Free space of the disk of the home.",
    "huggins_database_bytes": "Size of the database.",
    "huggins_unreadable_credentials": "Stored credentials whose key was missing at the start.",
}
MEGABYTE = 10**6


async def platform_metrics(platform: Platform) -> Metrics:
    """Return the metrics of a platform at this moment.

    Parameters
    ----------
    platform : Platform
        Started.
    """
    gathered = Metrics()
    for name, text in NAMES.items():
        gathered.gauge(name, text)

    def put(name: str, value: float, **labels: str) -> None:
        gathered.gauge(name, NAMES[name], lambda: float(value), **labels)

    put("huggins_info", 1, version=metadata.version("huggins"))
    put("huggins_start_time_seconds", STARTED)
    put("huggins_resident_memory_bytes", _memory())
    put("huggins_supervisor_running", platform.supervisor.running)
    put("huggins_unreadable_credentials", len(platform.stored_credentials.unreadable))
    async with platform.database.read() as connection:
        for name, column in (
            ("huggins_jobs", jobs.c.phase),
            ("huggins_datasets", datasets.c.state),
            ("huggins_accounts", users.c.state),
            ("huggins_messages", outbox.c.state),
            ("huggins_predictions", deployment_predictions.c.state),
        ):
            label = "phase" if name == "huggins_jobs" else "state"
            for value, count in (await _counts(connection, column)).items():
                put(name, count, **{label: value})
        for name, number in (await _figures(connection)).items():
            put(name, number)
    disk = await asyncio.to_thread(shutil.disk_usage, platform.settings.home)
    put("huggins_disk_bytes", disk.total)
    put("huggins_disk_free_bytes", disk.free)
    put("huggins_database_bytes", await _database_bytes(platform.database))
    for name, number, labels in (*_nodes(platform), *_deployments(platform)):
        put(name, number, **labels)
    return gathered


Sample = tuple[str, float, dict[str, str]]


def _nodes(platform: Platform) -> Iterator[Sample]:
    for node in platform.nodes.all():
        labels = {"node": node.name}
        yield "huggins_node_up", node.ok, labels
        yield "huggins_node_open", node.open, labels
        yield "huggins_node_jobs", len(node.running), labels
        yield "huggins_node_cpus", node.cpus, labels
        yield "huggins_node_cpus_used", node.used_cpus, labels
        yield "huggins_node_memory_bytes", node.memory_mb * MEGABYTE, labels
        yield "huggins_node_memory_used_bytes", node.used_memory_mb * MEGABYTE, labels


def _deployments(platform: Platform) -> Iterator[Sample]:
    states: Counter[str] = Counter()
    for deployment, status in platform.deploy.all():
        states[str(status.state)] += 1
        labels = {"deployment": deployment.name}
        replicas = Counter(str(replica.state) for replica in status.replicas)
        for state, number in sorted(replicas.items()):
            yield "huggins_replicas", number, {**labels, "state": state}
        yield "huggins_outstanding", sum(replica.outstanding for replica in status.replicas), labels
        yield "huggins_waiting", status.waiting, labels
    for state, number in sorted(states.items()):
        yield "huggins_deployments", number, {"state": state}


async def _counts(connection: AsyncConnection, column: ColumnElement[str]) -> dict[str, int]:
    query = select(column, func.count()).group_by(column)
    return {str(value): int(count) for value, count in (await connection.execute(query)).all()}


async def _figures(connection: AsyncConnection) -> dict[str, float]:
    now = clock.now()
    queries = {
        "huggins_datasets_bytes": select(func.coalesce(func.sum(datasets.c.bytes), 0)),
        "huggins_models": select(func.count()).select_from(models),
        "huggins_models_bytes": select(func.coalesce(func.sum(models.c.size), 0)),
        "huggins_sessions": select(func.count()).where(tokens.c.kind == "session", tokens.c.expires > now),
    }
    found = {name: float(await connection.scalar(query) or 0) for name, query in queries.items()}
    oldest = await connection.scalar(select(func.min(jobs.c.created)).where(jobs.c.phase == Phase.QUEUED))
    return {**found, "huggins_oldest_queued_seconds": clock.seconds_since(oldest) if oldest else 0.0}


async def _database_bytes(database: Database) -> int:
    if database.file is not None:
        files = [database.file, Path(f"{database.file}-wal")]
        return sum(file.stat().st_size for file in files if file.exists())
    async with database.read() as connection:
        size = await connection.scalar(select(func.pg_database_size(func.current_database())))
    return int(size or 0)


def _memory() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * resource.getpagesize()
