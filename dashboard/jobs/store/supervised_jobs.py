"""What the supervisor reads of the rows: jobs with an attempt, and jobs that wait."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import RowMapping, Select, and_, or_, select

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.job import Attempt, AttemptState, DesiredState, Job, Phase
from dashboard.jobs.store.row_mapping import attempt_of, job_of

LEAST_EACH = 20  # waiting jobs of one user that are considered in one pass
ABORTS = 200  # waiting jobs that are aborted in one pass
_ATTEMPT_COLUMNS = tuple(column.label(f"attempt_{column.name}") for column in attempts.c)
NOT_REMOVED = (AttemptState.INTENDED, AttemptState.LAUNCHED, AttemptState.ENDED)


@dataclass(frozen=True)
class SupervisedJob:
    """A job and its attempt that is not cleaned up yet, if there is one."""

    job: Job
    attempt: Attempt | None

    @property
    def over(self) -> bool:
        """Whether the attempt has ended and only has to be cleaned up."""
        return self.attempt is not None and self.attempt.state is AttemptState.ENDED


class SupervisedJobs:
    """Reads the jobs that need the supervisor."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def active(self) -> list[SupervisedJob]:
        """Return the jobs with an attempt that is not cleaned up, and waiting jobs to be aborted."""
        with_attempt = (
            select(*jobs.c, *_ATTEMPT_COLUMNS)
            .select_from(attempts.join(jobs, attempts.c.job == jobs.c.id))
            .where(attempts.c.state.in_(NOT_REMOVED))
        )
        # One query a phase, in the order of its index: SQLite would read all jobs for two of five phases.
        waiting = [
            select(jobs)
            .where(jobs.c.phase == phase, jobs.c.desired_state == DesiredState.ABORT)
            .where(~select(attempts.c.id).where(attempts.c.job == jobs.c.id, not_removed()).exists())
            .order_by(jobs.c.created, jobs.c.id)
            .limit(ABORTS)
            for phase in (Phase.PENDING, Phase.QUEUED)
        ]
        async with self._database.read() as connection:
            found = [_pair(row) for row in (await connection.execute(with_attempt)).mappings()]
            for query in waiting:
                found += [
                    SupervisedJob(job_of(row), None) for row in (await connection.execute(query)).mappings()
                ]
        return found

    async def get(self, job: str) -> SupervisedJob | None:
        """Return one job, or None when it was deleted."""
        query = (
            select(*jobs.c, *_ATTEMPT_COLUMNS)
            .select_from(jobs.outerjoin(attempts, and_(attempts.c.job == jobs.c.id, not_removed())))
            .where(jobs.c.id == job)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else _pair(row)

    async def queue(self, nodes: Iterable[str], limit: int) -> list[Job]:
        """Return jobs that wait for one of these nodes, or for any: the oldest of each user.

        Parameters
        ----------
        nodes : iterable of str
            Nodes that take jobs now.
        limit : int
            About how many jobs, shared evenly between the users; each user has at least `LEAST_EACH`.
        """
        ready = (
            jobs.c.phase == Phase.QUEUED,
            jobs.c.desired_state == DesiredState.RUN,
            jobs.c.node.in_((*nodes, "any")),
            or_(jobs.c.not_before.is_(None), jobs.c.not_before <= clock.now()),
            ~select(attempts.c.id).where(attempts.c.job == jobs.c.id, not_removed()).exists(),
        )
        async with self._database.read() as connection:
            users = select(jobs.c.owner).where(jobs.c.phase == Phase.QUEUED).distinct()
            owners = list((await connection.execute(users)).scalars())
            each = max(limit // max(len(owners), 1), LEAST_EACH)
            found = []
            for owner in owners:
                query: Select[Any] = (
                    select(jobs)
                    .where(jobs.c.owner == owner, *ready)
                    .order_by(jobs.c.created, jobs.c.id)
                    .limit(each)
                )
                found += [job_of(row) for row in (await connection.execute(query)).mappings()]
        return found

    async def waiting_nodes(self) -> set[str]:
        """Return the names of the nodes that jobs wait for."""
        query = select(jobs.c.node).where(jobs.c.phase == Phase.QUEUED).order_by(jobs.c.created, jobs.c.id)
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())

    async def known(self, names: Sequence[str]) -> set[str]:
        """Return which of these attempts exist and are not cleaned up yet."""
        query = select(attempts.c.id).where(attempts.c.id.in_(names), not_removed())
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())


def not_removed() -> Any:
    """Return the SQL condition that an attempt is not cleaned up yet."""
    return attempts.c.state.in_(NOT_REMOVED)


def _pair(row: RowMapping) -> SupervisedJob:
    job = {column.name: row[column.name] for column in jobs.c}
    attempt = {column.name: row[f"attempt_{column.name}"] for column in attempts.c}
    return SupervisedJob(job_of(job), attempt_of(attempt) if attempt["id"] else None)
