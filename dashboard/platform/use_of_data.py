"""Which jobs and learning sessions need a dataset or a label set, by the database alone."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from dashboard.auth.identity import SYSTEM
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.job import LIVE, AttemptState, JobFilter
from dashboard.jobs.store.job_queries import JobQueries
from dashboard.learning.store import SessionStore


class UseOfData:
    """Finds what needs data; it does not wait for the services of jobs, which are made after those of data.

    Parameters
    ----------
    database : Database
        Open.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_dataset(self, dataset: str) -> list[str]:
        """Return the jobs that have not ended and need a dataset."""
        wanted = JobFilter(phases=tuple(LIVE), dataset=dataset)
        found = await JobQueries(self._database).list(wanted, identity=SYSTEM)
        return [job.id for job in found.items]

    async def of_labels(self, label_set: str) -> list[str]:
        """Return the open sessions that need a label set, and the jobs that learn from a version of it."""
        sessions = await SessionStore(self._database).using_labels(label_set)
        named = jobs.c.input["labels"]["label_set"].as_string() == label_set
        async with self._database.read() as connection:
            query = select(jobs.c.id).where(jobs.c.phase.in_(LIVE), named)
            return [*sessions, *map(str, (await connection.execute(query)).scalars())]

    async def read_now(self) -> set[str]:
        """Return the datasets that jobs read which have a node."""
        query = select(jobs.c.dataset).join(attempts, attempts.c.job == jobs.c.id).distinct()
        going = attempts.c.state.in_((AttemptState.INTENDED, AttemptState.LAUNCHED))
        async with self._database.read() as connection:
            return {str(one) for one in (await connection.execute(query.where(going))).scalars() if one}

    async def live_of(self, some: Collection[str]) -> set[str]:
        """Return which of some jobs have not ended."""
        wanted = (jobs.c.id.in_(list(some)), jobs.c.phase.in_(LIVE))
        async with self._database.read() as connection:
            return set((await connection.execute(select(jobs.c.id).where(*wanted))).scalars())
