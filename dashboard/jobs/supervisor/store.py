"""What the supervisor writes: each method is one transaction, guarded by the lease and the phase before."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.ids import attempt_name
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.job import Attempt, AttemptState, DesiredState, Job, Phase
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.row_mapping import attempt_of
from dashboard.jobs.store.supervised_jobs import SupervisedJobs, not_removed
from dashboard.jobs.supervisor.completion_rows import (
    SUPERVISOR,
    Completion,
    add_phase_event,
    end_job,
    requeue_job,
)
from dashboard.jobs.supervisor.lease import Lease
from dashboard.jobs.supervisor.retry import ScheduledRetry
from dashboard.quotas import usage
from launchers import Handle

EndHook = Callable[[AsyncConnection, str], Awaitable[None]]


class SupervisorStore(SupervisedJobs):
    """What the supervisor reads and writes of jobs.

    Every method that writes raises `LeaseLost`, and changes nothing, when the supervisor does not hold the
    lease.

    Parameters
    ----------
    database : Database
        Open and migrated.
    lease : Lease
        Guards every transaction.
    on_end : callable
        Called with the connection and the job inside the transaction that ends a job.
    """

    def __init__(self, database: Database, lease: Lease, on_end: EndHook) -> None:
        super().__init__(database)
        self._lease = lease
        self._on_end = on_end

    @asynccontextmanager
    async def _write(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.write() as connection:
            await self._lease.guard(connection)
            yield connection

    async def explain_waiting(self, reasons: Mapping[str, str]) -> int:
        """Set the reason of the jobs that wait for closed nodes; return how many reasons changed.

        Parameters
        ----------
        reasons : Mapping
            Node to sentence.
        """
        new = 0
        async with self._write() as connection:
            for node, reason in reasons.items():
                done = await connection.execute(
                    update(jobs)
                    .where(jobs.c.phase == Phase.QUEUED, jobs.c.node == node, jobs.c.reason != reason)
                    .where(~select(attempts.c.id).where(attempts.c.job == jobs.c.id, not_removed()).exists())
                    .values(reason=reason)
                )
                new += done.rowcount
        return new

    async def intend(self, job: Job, node: str, kind: str) -> Attempt | None:
        """Commit the intent to run a job on a node, before anything is started.

        Parameters
        ----------
        job : Job
            A job that waits.
        node, kind : str
            The node, and the kind of its launcher.

        Returns
        -------
        Attempt or None
            None when the job is no longer to be run, or has an attempt that is not cleaned up.
        """
        try:
            async with self._write() as connection:
                # The next attempt starts when the previous one is cleaned up: a job never has two at once.
                left = select(attempts.c.id).where(attempts.c.job == job.id, not_removed()).exists()
                last = select(func.max(attempts.c.number)).where(attempts.c.job == job.id).scalar_subquery()
                still = select(func.coalesce(last, 0)).where(
                    jobs.c.id == job.id,
                    jobs.c.phase == Phase.QUEUED,
                    jobs.c.desired_state == DesiredState.RUN,
                    ~left,
                )
                before = (await connection.execute(still)).scalar_one_or_none()
                if before is None:
                    return None
                number = before + 1
                name = attempt_name(job.id, number)
                row = {
                    "id": name,
                    "job": job.id,
                    "number": number,
                    "node": node,
                    "launcher": kind,
                    "state": AttemptState.INTENDED,
                    "intended": clock.now(),
                    "resumed": await _last_checkpoint(connection, job) if job.resume and before else None,
                }
                made = await connection.execute(insert(attempts).values(row).returning(*attempts.c))
                attempt = attempt_of(made.mappings().one())
                await add_event(
                    connection, job.id, "intended", SUPERVISOR, {"node": node, "launcher": kind}, attempt=name
                )
        except IntegrityError:
            return None
        return attempt

    async def imaged(self, job: str, image: str) -> None:
        """Record the image of a job, by digest, before it starts."""
        async with self._write() as connection:
            await connection.execute(update(jobs).where(jobs.c.id == job).values(image=image))

    async def launched(self, attempt: Attempt, handle: Handle, found: bool) -> None:
        """Record the handle of an attempt.

        Parameters
        ----------
        attempt : Attempt
            Its row.
        handle : Handle
            What the launcher returned.
        found : bool
            Whether the attempt was started before a crash and found by its name.
        """
        async with self._write() as connection:
            done = await connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id, attempts.c.state == AttemptState.INTENDED)
                .values(state=AttemptState.LAUNCHED, handle=handle.to_json(), launched=clock.now())
            )
            if done.rowcount:
                kind = "attached" if found else "launched"
                await add_event(
                    connection,
                    attempt.job,
                    kind,
                    SUPERVISOR,
                    {"identifier": handle.identifier},
                    attempt=attempt.id,
                )

    async def executing(self, job: Job, attempt: Attempt) -> bool:
        """Set the phase EXECUTING if it is QUEUED; return whether it was."""
        async with self._write() as connection:
            done = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.phase == Phase.QUEUED)
                .values(phase=Phase.EXECUTING, started=clock.now(), reason="")
            )
            if done.rowcount:
                await add_phase_event(connection, job, Phase.EXECUTING, "", attempt.id)
                await usage.started(connection, attempt.id, clock.now())
        return bool(done.rowcount)

    async def explain(self, job: Job, reason: str, record: bool = False) -> bool:
        """Set the reason of a job.

        Parameters
        ----------
        job : Job
            Its row; nothing changes when its phase is another by now.
        reason : str
            The sentence.
        record : bool
            Whether the change is added to the history.

        Returns
        -------
        bool
            Whether the reason changed.
        """
        async with self._write() as connection:
            done = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.phase == job.phase, jobs.c.reason != reason)
                .values(reason=reason)
            )
            if done.rowcount and record:
                await add_event(connection, job.id, "reason", SUPERVISOR, {"reason": reason})
        return bool(done.rowcount)

    async def seen(self, running: Collection[str], held: Mapping[str, float]) -> None:
        """Record that attempts are watched now, so that their hours are counted up to now at least.

        Parameters
        ----------
        running : collection of str
            Their ids.
        held : mapping of str to float
            For how many seconds the parts of an attempt have held their nodes, of those in parts.
        """
        async with self._write() as connection:
            await usage.seen(connection, running)
            for attempt, held_s in held.items():
                await usage.held(connection, attempt, held_s)

    async def missing(self, attempt: Attempt, since: str | None) -> None:
        """Record since when the node does not list the attempt (None: it does)."""
        async with self._write() as connection:
            await connection.execute(
                update(attempts).where(attempts.c.id == attempt.id).values(missing_since=since)
            )

    async def progress(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        """Store the newest progress of several jobs."""
        async with self._write() as connection:
            for job, progress in known.items():
                running = (jobs.c.id == job, jobs.c.phase == Phase.EXECUTING)
                await connection.execute(update(jobs).where(*running).values(progress=dict(progress)))

    async def finish(self, job: Job, attempt: Attempt | None, completion: Completion) -> bool:
        """Record the end of a job and what it produced in one transaction.

        Parameters
        ----------
        job : Job
            Its row.
        attempt : Attempt or None
            None: the job had none.
        completion : Completion
            How it ended.

        Returns
        -------
        bool
            False when the job had ended before.
        """
        async with self._write() as connection:
            ended = await end_job(connection, job, attempt, completion)
            if ended:
                await self._on_end(connection, job.id)
        return ended

    async def retry(
        self, job: Job, attempt: Attempt, completion: Completion, scheduled: ScheduledRetry
    ) -> bool:
        """Record the end of an attempt and schedule the next one.

        Parameters
        ----------
        job, attempt : Job, Attempt
            Their rows.
        completion : Completion
            How the attempt ended.
        scheduled : ScheduledRetry
            When the next attempt may start.

        Returns
        -------
        bool
            False when the job has ended or is to be aborted.
        """
        async with self._write() as connection:
            return await requeue_job(connection, job, attempt, completion, scheduled)

    async def removed(self, attempt: Attempt) -> None:
        """Record that the attempt is cleaned up on its node."""
        async with self._write() as connection:
            await connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id, attempts.c.state == AttemptState.ENDED)
                .values(state=AttemptState.REMOVED)
            )


async def _last_checkpoint(connection: AsyncConnection, job: Job) -> str | None:
    """Return the newest attempt of a job that has a checkpoint."""
    query = (
        select(attempts.c.id)
        .where(attempts.c.job == job.id, attempts.c.checkpoint.is_not(None))
        .order_by(attempts.c.number.desc())
        .limit(1)
    )
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found
