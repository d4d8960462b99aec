"""Whether the quotas of a waiting job's owner let it start now; one object for each pass over the queue."""

from __future__ import annotations

from dashboard.jobs.job import Job
from dashboard.quotas.measure import needed_hours
from dashboard.quotas.quota import Quota
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import Limits


class QuotaTurn:
    """Checks waiting jobs of one pass.

    Hours are checked again before each attempt, because retries may need more than was reserved for the job.
    Jobs that ask for the same as one that does not fit are not looked at again in this pass.

    Parameters
    ----------
    quotas : Quotas
        Has the limits and the use.
    """

    def __init__(self, quotas: Quotas) -> None:
        self._quotas = quotas
        self._limits: dict[tuple[str, str], Limits] = {}
        self._waits: dict[tuple[str, str, tuple[float, ...]], str] = {}

    async def reason(self, job: Job) -> str:
        """Return why a job cannot start now, as a sentence; empty: it can."""
        whose = (job.owner, job.project or "")
        limits = self._limits.get(whose)
        if limits is None:
            limits = self._limits[whose] = await self._quotas.limits(*whose)
        if not limits:
            return ""
        needed = {Quota.RUNNING: 1.0, **needed_hours(job.resources)}
        same = (*whose, tuple(needed.values()))
        if same not in self._waits:
            balance = await self._quotas.startable(limits, needed)
            if balance is None:
                return ""
            self._waits[same] = balance.sentence()
        return self._waits[same]
