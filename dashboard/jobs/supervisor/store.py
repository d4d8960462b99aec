"""What the supervisor writes: each method is one transaction under its lease, changes of phases guarded."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.base.ids import attempt_name
from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, attempts, jobs
from dashboard.jobs.job import LIVE, Artefact, Attempt, AttemptState, DesiredState, Job, Phase
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.row_mapping import attempt_of
from dashboard.jobs.supervisor.lease import Lease
from dashboard.jobs.supervisor.retry import ScheduledRetry
from dashboard.jobs.supervisor.supervised_jobs import SupervisedJob, SupervisedJobs, not_removed
from dashboard.models.store import record_model
from launchers import Handle

__all__ = ["Completion", "SupervisedJob", "SupervisorStore"]

BY = "supervisor"
EndHook = Callable[[AsyncConnection, str], Awaitable[None]]


@dataclass(frozen=True)
class Completion:
    """How a job ended, and what it left."""

    phase: Phase
    reason: str
    exit_code: int | None
    began: str | None
    metrics: Mapping[str, float]
    artefacts: Sequence[Artefact]
    model: Mapping[str, Any] | None  # a row of `models`
    failure: str = ""
    cause: str = ""
    checkpoint: Mapping[str, Any] | None = None


class SupervisorStore(SupervisedJobs):
    """The supervisor's door to the database: what it writes, it writes as long as it has the lease.

    Every method that writes raises `LeaseLost`, and changes nothing, once another supervisor may act.

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
        """Say why jobs wait for nodes that take none now; return for how many that is new.

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
        """Commit the intent to try it on a node; None when it is not wanted now, or tried already."""
        try:
            async with self._write() as connection:
                # A try begins when nothing of the one before is left: never two of one job.
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
                    "resumed": await _checkpointed(connection, job) if job.resume and before else None,
                }
                made = await connection.execute(insert(attempts).values(row).returning(*attempts.c))
                attempt = attempt_of(made.mappings().one())
                await add_event(
                    connection, job.id, "intended", BY, {"node": node, "launcher": kind}, attempt=name
                )
        except IntegrityError:
            return None
        return attempt

    async def imaged(self, job: str, image: str) -> None:
        """Note which image the job runs, before it runs."""
        async with self._write() as connection:
            await connection.execute(update(jobs).where(jobs.c.id == job).values(image=image))

    async def launched(self, attempt: Attempt, handle: Handle, found: bool) -> None:
        """Write down the handle; `found`: it had been started before a crash."""
        async with self._write() as connection:
            done = await connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id, attempts.c.state == AttemptState.INTENDED)
                .values(state=AttemptState.LAUNCHED, handle=handle.to_json(), launched=clock.now())
            )
            if done.rowcount:
                kind = "attached" if found else "launched"
                await add_event(
                    connection, attempt.job, kind, BY, {"identifier": handle.identifier}, attempt=attempt.id
                )

    async def executing(self, job: Job, attempt: Attempt) -> bool:
        """Set EXECUTING if it is QUEUED; return whether that was so."""
        async with self._write() as connection:
            done = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.phase == Phase.QUEUED)
                .values(phase=Phase.EXECUTING, started=clock.now(), reason="")
            )
            if done.rowcount:
                await _phase_event(connection, job, Phase.EXECUTING, "", attempt.id)
        return bool(done.rowcount)

    async def explain(self, job: Job, reason: str, record: bool = False) -> bool:
        """Say why it is as it is; return whether that is new. `record`: it belongs into the history."""
        async with self._write() as connection:
            done = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job.id, jobs.c.phase == job.phase, jobs.c.reason != reason)
                .values(reason=reason)
            )
            if done.rowcount and record:
                await add_event(connection, job.id, "reason", BY, {"reason": reason})
        return bool(done.rowcount)

    async def missing(self, attempt: Attempt, since: str | None) -> None:
        """Note since when the node has nothing of that name (None: it has)."""
        async with self._write() as connection:
            await connection.execute(
                update(attempts).where(attempts.c.id == attempt.id).values(missing_since=since)
            )

    async def progress(self, known: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep the newest progress of several jobs."""
        async with self._write() as connection:
            for job, progress in known.items():
                running = (jobs.c.id == job, jobs.c.phase == Phase.EXECUTING)
                await connection.execute(update(jobs).where(*running).values(progress=dict(progress)))

    async def finish(self, job: Job, attempt: Attempt | None, completion: Completion) -> bool:
        """Record the end and what it left in one transaction; False when it had ended before."""
        moment = clock.now()
        values: dict[str, Any] = {"phase": completion.phase, "reason": completion.reason, "ended": moment}
        if completion.metrics:
            values["metrics"] = dict(completion.metrics)
        if attempt is not None and job.started is None:
            values["started"] = completion.began or attempt.launched
        async with self._write() as connection:
            done = await connection.execute(
                update(jobs).where(jobs.c.id == job.id, jobs.c.phase.in_(LIVE)).values(values)
            )
            if not done.rowcount:
                return False
            name = attempt.id if attempt else None
            if attempt is not None:
                await _end_attempt(connection, attempt, completion, moment)
            if completion.model is not None:
                await record_model(connection, completion.model)
                await add_event(
                    connection, job.id, "model", BY, {"model": completion.model["id"]}, attempt=name
                )
            await _phase_event(connection, job, completion.phase, completion.reason, name)
            await self._on_end(connection, job.id)
        return True

    async def retry(
        self, job: Job, attempt: Attempt, completion: Completion, scheduled: ScheduledRetry
    ) -> bool:
        """Record the end of an attempt and schedule another; False when the job is not to run any more."""
        values = {
            "phase": Phase.QUEUED,
            "reason": scheduled.reason,
            "not_before": scheduled.not_before,
            "resume": True,
            "progress": None,
        }
        wanted = (jobs.c.id == job.id, jobs.c.phase.in_(LIVE), jobs.c.desired_state == DesiredState.RUN)
        async with self._write() as connection:
            done = await connection.execute(update(jobs).where(*wanted).values(values))
            if not done.rowcount:
                return False
            await _end_attempt(connection, attempt, completion, clock.now())
            detail = {
                "failure": completion.failure,
                "reason": completion.reason,
                "not_before": scheduled.not_before,
            }
            await add_event(connection, job.id, "retry", BY, detail, attempt=attempt.id)
            await _phase_event(connection, job, Phase.QUEUED, scheduled.reason, attempt.id)
        return True

    async def removed(self, attempt: Attempt) -> None:
        """Note that nothing of the attempt is left on the node."""
        async with self._write() as connection:
            await connection.execute(
                update(attempts)
                .where(attempts.c.id == attempt.id, attempts.c.state == AttemptState.ENDED)
                .values(state=AttemptState.REMOVED)
            )


async def _checkpointed(connection: AsyncConnection, job: Job) -> str | None:
    """Return the last attempt that left a checkpoint."""
    query = (
        select(attempts.c.id)
        .where(attempts.c.job == job.id, attempts.c.checkpoint.is_not(None))
        .order_by(attempts.c.number.desc())
        .limit(1)
    )
    found: str | None = (await connection.execute(query)).scalar_one_or_none()
    return found


async def _end_attempt(
    connection: AsyncConnection, attempt: Attempt, completion: Completion, moment: str
) -> None:
    ended = {
        "state": AttemptState.ENDED,
        "ended": moment,
        "exit_code": completion.exit_code,
        "reason": completion.reason,
        "failure": completion.failure,
        "cause": completion.cause,
        "checkpoint": completion.checkpoint,
    }
    await connection.execute(update(attempts).where(attempts.c.id == attempt.id).values(ended))
    if completion.artefacts:
        rows = [{"job": attempt.job, **artefact.to_json()} for artefact in completion.artefacts]
        await connection.execute(insert(artefacts), rows)


async def _phase_event(
    connection: AsyncConnection, job: Job, phase: Phase, reason: str, attempt: str | None
) -> None:
    detail = {"from": str(job.phase), "to": str(phase), "reason": reason}
    await add_event(connection, job.id, "phase", BY, detail, attempt=attempt)
