"""The destruction of jobs whose time has come (UWS 1.1, section 2.1.6)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from dashboard.auth.identity import SYSTEM
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.periodic import Periodic
from dashboard.jobs.job import DesiredState, Job
from dashboard.jobs.store.held_jobs import HeldJobs
from dashboard.jobs.store.jobs import JobStore

log = logging.getLogger(__name__)
LOOK_S = 5.0
AT_ONCE = 100


class Destruction:
    """Deletes jobs whose time of destruction has come.

    Parameters
    ----------
    held : HeldJobs
        Knows the times.
    jobs : JobStore
        Aborts and deletes.
    supervise : callable
        Wakes the supervisor.
    """

    def __init__(self, held: HeldJobs, jobs: JobStore, supervise: Callable[[], None]) -> None:
        self._held = held
        self._jobs = jobs
        self._supervise = supervise
        self._looking = Periodic(self.destroy_due, LOOK_S, log, "jobs that are due could not be destroyed")

    async def start(self) -> None:
        """Begin to look for what is due."""
        self._looking.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._looking.stop()

    async def destroy(self, job: Job) -> None:
        """Delete a job that has ended; request the abort of one that has not."""
        try:
            if job.final:
                await self._jobs.delete(job.id, SYSTEM)
            elif job.desired_state is DesiredState.RUN:
                await self._jobs.request_abort(job.id, SYSTEM)
                self._supervise()
        except (Conflict, NotFound) as error:  # it has ended, or was deleted, since it was read
            log.debug("job %s is not destroyed yet: %s", job.id, error)

    async def destroy_due(self) -> None:
        """Destroy the jobs that are due."""
        for job in await self._held.due(AT_ONCE):
            await self.destroy(job)
