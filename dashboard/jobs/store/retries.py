"""Trying an ended job once more because a person wants it: anew, or from where it had come to."""

from __future__ import annotations

from sqlalchemy import select, update

from dashboard.auth.identity import Identity
from dashboard.base.errors import Conflict
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.job import Job, Phase, Wanted
from dashboard.jobs.store.history import add_event
from dashboard.jobs.store.jobs import JobStore

REOPENED = (Phase.ERROR, Phase.ABORTED)


class Reopening:
    """Puts jobs that ended in error, or were aborted, back into the queue.

    Parameters
    ----------
    database : Database
        Open and migrated.
    store : JobStore
        Told of what changed.
    """

    def __init__(self, database: Database, store: JobStore) -> None:
        self._database = database
        self._store = store

    async def reopen(self, job: str, identity: Identity, *, resume: bool) -> Job:
        """Want another try of the same job; the supervisor makes it.

        Parameters
        ----------
        resume : bool
            From the last checkpoint that a try left, else anew.

        Raises
        ------
        Conflict
            If it has not ended, ended well, or left no checkpoint to go on from.
        """
        found = await self._store.get(job)
        left = select(attempts.c.id).where(attempts.c.job == job, attempts.c.checkpoint.is_not(None))
        values = {
            "phase": Phase.QUEUED,
            "wanted": Wanted.RUN,
            "reason": "waits for its turn",
            "not_before": None,
            "resume": resume,
            "progress": None,
            "started": None,
            "ended": None,
        }
        async with self._database.write() as connection:
            if resume and (await connection.execute(left.limit(1))).one_or_none() is None:
                raise Conflict(f"Job {job} left no checkpoint to go on from: retry it from the beginning.")
            done = await connection.execute(
                update(jobs).where(jobs.c.id == job, jobs.c.phase.in_(REOPENED)).values(values)
            )
            if done.rowcount:
                kind = "resume" if resume else "retry"
                await add_event(connection, job, kind, identity.user, {"reason": found.reason})
        if not done.rowcount:
            why = "ended well: run it again as a new job" if found.final else "has not ended"
            raise Conflict(f"Job {job} is {found.phase}; it {why}.")
        again = await self._store.get(job)
        self._store.publish(again)
        return again
