"""All SQL about jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from dashboard.database.engine import Database
from dashboard.identity import Identity
from dashboard.jobs.job import Artefact, Attempt, CheckedIntent, Job, JobEvent, JobFilter, Page, Phase
from dashboard.live import Live

SORTS = ("created", "ended", "label", "module", "phase")


class JobStore:
    """Jobs, attempts, events and artefacts.

    Every change of a phase is guarded (``where phase = …``), recorded as an event and published.
    """

    def __init__(self, database: Database, live: Live, folder: Path) -> None:
        raise NotImplementedError

    async def create(self, checked: CheckedIntent, identity: Identity, parent: str | None = None) -> Job:
        """Store a job as QUEUED, with its events; the supervisor takes it from there."""
        raise NotImplementedError

    async def get(self, job: str) -> Job:
        """Return one job; `NotFound` when there is none."""
        raise NotImplementedError

    async def list(self, wanted: JobFilter = JobFilter(), sort: str = "-created", page: int = 1, size: int = 50) -> Page[Job]:
        """Return one page of the jobs that match; `sort` is one of `SORTS`, with ``-`` for descending."""
        raise NotImplementedError

    async def counts(self, owner: str = "") -> dict[Phase, int]:
        """Return how many jobs are in each phase (phases with none are left out)."""
        raise NotImplementedError

    async def queue_positions(self) -> dict[str, int]:
        """Return the place in the queue (1 = next) of each job that waits."""
        raise NotImplementedError

    async def attempts(self, job: str) -> list[Attempt]:
        """Return the tries, oldest first."""
        raise NotImplementedError

    async def events(self, job: str, after: int = 0) -> list[JobEvent]:
        """Return what happened to a job (also one that was deleted), oldest first."""
        raise NotImplementedError

    async def artefacts(self, job: str) -> list[Artefact]:
        """Return the files that the last attempt made, by path."""
        raise NotImplementedError

    async def annotate(self, job: str, identity: Identity, label: str | None = None, note: str | None = None) -> Job:
        """Change what people wrote on it."""
        raise NotImplementedError

    async def want_abort(self, job: str, identity: Identity) -> Job:
        """Want it ended; the supervisor does it. `Conflict` when it has ended."""
        raise NotImplementedError

    async def delete(self, job: str, identity: Identity) -> None:
        """Delete a job that has ended: rows first, its folder last. Events and its model stay."""
        raise NotImplementedError

    def out_folder(self, attempt: Attempt) -> Path:
        """Return the attempt's ``out/``; what lies there was written by the container and is not trusted."""
        raise NotImplementedError
