"""The platform: all services, built from the settings, started and stopped together. No HTTP."""

from __future__ import annotations

from typing import Self

from dashboard.database.engine import Database
from dashboard.identity import Identity, Sessions
from dashboard.jobs.check import JobCheck
from dashboard.jobs.job import Job, JobIntent
from dashboard.jobs.results import JobResults
from dashboard.jobs.store import JobStore
from dashboard.jobs.supervisor import Supervisor
from dashboard.live import Live
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.registry import Nodes
from dashboard.settings import Settings


class Platform:
    """What the web application and the tests stand on: ``async with Platform(settings) as platform``."""

    settings: Settings
    database: Database
    live: Live
    sessions: Sessions
    nodes: Nodes
    modules: Modules
    jobs: JobStore
    check: JobCheck
    models: ModelStore
    supervisor: Supervisor

    def __init__(self, settings: Settings) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        """Lock `home`, migrate, start the services; `Conflict` when another platform runs on this home."""
        raise NotImplementedError

    async def stop(self) -> None:
        """Stop watching. What runs on the nodes runs on, and is found again at the next start."""
        raise NotImplementedError

    async def submit(self, intent: JobIntent, identity: Identity) -> Job:
        """Check and create a job; `Invalid` with errors by field."""
        raise NotImplementedError

    async def again(self, job: str, changes: dict[str, object], identity: Identity) -> Job:
        """Run a job again, with changes; the new one names its parent."""
        raise NotImplementedError

    async def results(self, job: str) -> JobResults:
        """Return the reader of the last attempt's files; `NotFound` when there is none yet."""
        raise NotImplementedError

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
