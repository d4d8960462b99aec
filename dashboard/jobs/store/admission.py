"""Whether a person may have one more job that waits: the room of the queue, and quotas."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base.errors import Conflict
from dashboard.base.resources import Resources
from dashboard.database.tables import jobs
from dashboard.jobs.job import Phase
from dashboard.quotas.measure import needed_hours
from dashboard.quotas.quota import Quota
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import Limits

RESULTS_MB = 1.0  # what a job writes at least: one that may store nothing more cannot start


class Admission:
    """Checks inside the transaction that puts a job into the queue.

    Parameters
    ----------
    queued_per_user : int
        How many jobs of one user may wait; 0: no limit.
    quotas : Quotas, optional
        Must allow the job; None: all are allowed.
    """

    def __init__(self, queued_per_user: int = 0, quotas: Quotas | None = None) -> None:
        self._queued_per_user = queued_per_user
        self._quotas = quotas

    async def limits(self, owner: str, project: str | None) -> Limits:
        """Return the quotas of a person and a project, read before the transaction begins."""
        return Limits(owner) if self._quotas is None else await self._quotas.limits(owner, project)

    async def require_room(self, connection: AsyncConnection, owner: str) -> None:
        """Return if one more job of a person may wait.

        Raises
        ------
        Conflict
            If too many wait already.
        """
        limit = self._queued_per_user
        if not limit:
            return
        waiting = select(jobs.c.id).where(jobs.c.owner == owner, jobs.c.phase == Phase.QUEUED)
        count = select(func.count()).select_from(waiting.limit(limit).subquery())
        if (await connection.execute(count)).scalar_one() >= limit:
            raise Conflict(
                f"{owner} has {limit} jobs waiting, the most that one person may have: "
                "wait until one begins, or abort one."
            )

    async def require_quotas(self, connection: AsyncConnection, limits: Limits, resources: Resources) -> None:
        """Return if the quotas allow a job.

        Parameters
        ----------
        connection : AsyncConnection
            In the transaction.
        limits : Limits
            As `limits` returns them.
        resources : Resources
            What the job needs.

        Raises
        ------
        QuotaExceeded
            If one does not allow it.
        """
        if self._quotas is not None:
            await self._quotas.require(connection, limits, needs_of(resources))


def needs_of(resources: Resources) -> dict[Quota, float]:
    """Return what of each quota a new job, or a new attempt, needs."""
    return {Quota.QUEUED: 1.0, Quota.DISK: RESULTS_MB, **needed_hours(resources)}
