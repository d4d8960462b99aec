"""The store of jobs for users: create, abort, retry, delete. The supervisor has `supervisor.store`."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

from sqlalchemy import delete, insert, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import Conflict
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import attempts, jobs
from dashboard.jobs.job import (
    FINAL,
    RETRYABLE,
    Attempt,
    DesiredState,
    Job,
    Phase,
)
from dashboard.jobs.request import CheckedRequest
from dashboard.jobs.store.admission import Admission
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.job_queries import JobQueries
from dashboard.jobs.store.live_events import publish_deleted, publish_state
from dashboard.jobs.store.row_mapping import queued_row
from dashboard.jobs.store.search_index import index_words
from dashboard.jobs.store.value_index import index_values
from dashboard.quotas.service import Quotas
from wire.json_records import REQUEST

UNCHECKED = "unchecked"  # in the input of a job: what was given for it was never found to be right


class JobStore(JobQueries):
    """Creates and changes jobs; `JobQueries` reads them.

    Parameters
    ----------
    database : Database
        Open and migrated.
    live : Live
        Publishes every change.
    folder : Path
        ``<home>/jobs``.
    queued_per_user : int
        How many jobs of one user may wait; 0: no limit.
    quotas : Quotas, optional
        Must allow a new job, or a new attempt of an old one; None: all are allowed.
    """

    def __init__(
        self,
        database: Database,
        live: Live,
        folder: Path,
        queued_per_user: int = 0,
        quotas: Quotas | None = None,
    ) -> None:
        super().__init__(database)
        self.admission = Admission(queued_per_user, quotas)
        self._live = live
        self.folder = folder

    async def create(
        self,
        checked: CheckedRequest,
        identity: Identity,
        parent: str | None = None,
        *,
        identifier: str | None = None,
    ) -> Job:
        """Store a job as QUEUED, with its events.

        Parameters
        ----------
        checked : CheckedRequest
            What to run.
        identity : Identity
            Its owner.
        parent : str, optional
            The job that it repeats.
        identifier : str, optional
            Its id, which the caller has committed before; None: a new one.

        Raises
        ------
        Conflict
            If too many jobs of this user wait already.
        QuotaExceeded
            If a quota does not allow it.
        """
        job = identifier or new_identifier()
        row = queued_row(job, checked, identity.user, parent)
        limits = await self.admission.limits(identity.user, checked.request.project or None)
        async with self._database.write() as connection:
            await self.admission.require_room(connection, identity.user)
            await self.admission.require_quotas(connection, limits, checked.resources)
            await connection.execute(insert(jobs).values(row))
            await index_words(connection, job)
            await index_values(connection, job)
            await add_event(
                connection, job, "created", identity.user, {"parent": parent, "request": REQUEST.get()}
            )
            if parent:
                await add_event(connection, parent, "again", identity.user, {"job": job})
        created = await self.get(job)
        self.publish(created)
        return created

    def publish(self, job: Job) -> None:
        """Publish the state of a job."""
        publish_state(self._live, job)

    async def request_abort(self, job: str, identity: Identity) -> Job:
        """Request the abort of a job; the supervisor carries it out.

        Raises
        ------
        Conflict
            If the job has ended.
        NotFound
            If there is no such job.
        """
        await self.get(job, identity, Action.CHANGE)
        async with self._database.write() as connection:
            done = await connection.execute(
                update(jobs)
                .where(jobs.c.id == job, jobs.c.phase.not_in(FINAL), jobs.c.desired_state == DesiredState.RUN)
                .values(desired_state=DesiredState.ABORT)
            )
            if done.rowcount:
                await add_event(connection, job, "abort", identity.user, {})
        found = await self.get(job)
        if found.final:
            raise Conflict(f"Job {job} has already ended ({found.phase}).")
        self.publish(found)
        return found

    async def retry(self, job: str, identity: Identity) -> Job:
        """Put a failed or aborted job back into the queue; its next attempt starts from the beginning.

        Raises
        ------
        Conflict
            If the job has not ended, or was completed.
        QuotaExceeded
            If a quota does not allow another attempt.
        """
        return await self._requeue(job, identity, resume=False)

    async def resume(self, job: str, identity: Identity) -> Job:
        """Put a failed or aborted job back into the queue; its next attempt starts from the last checkpoint.

        Raises
        ------
        Conflict
            If the job has not ended, was completed, or no attempt has a checkpoint.
        QuotaExceeded
            If a quota does not allow another attempt.
        """
        return await self._requeue(job, identity, resume=True)

    async def _requeue(self, job: str, identity: Identity, *, resume: bool) -> Job:
        before = await self.get(job, identity, Action.CHANGE)
        checkpoints = select(attempts.c.id).where(attempts.c.job == job, attempts.c.checkpoint.is_not(None))
        if before.input.get(UNCHECKED):
            raise Conflict(f"Job {job} was never told to run, or could not be: make a new one.")
        requeued = {
            "phase": Phase.QUEUED,
            "desired_state": DesiredState.RUN,
            "reason": "waits for its turn",
            "not_before": None,
            "resume": resume,
            "progress": None,
            "started": None,
            "ended": None,
            "request_id": REQUEST.get(),
        }
        limits = await self.admission.limits(before.owner, before.project)
        async with self._database.write() as connection:
            if before.phase in RETRYABLE:
                await self.admission.require_quotas(connection, limits, before.resources)
            if resume and (await connection.execute(checkpoints.limit(1))).one_or_none() is None:
                raise Conflict(f"Job {job} has no checkpoint to resume from: retry it from the beginning.")
            done = await connection.execute(
                update(jobs).where(jobs.c.id == job, jobs.c.phase.in_(RETRYABLE)).values(requeued)
            )
            if done.rowcount:
                kind = "resume" if resume else "retry"
                detail = {"reason": before.reason, "request": REQUEST.get()}
                await add_event(connection, job, kind, identity.user, detail)
        if not done.rowcount:
            why = "has completed: run it again as a new job" if before.final else "has not ended"
            raise Conflict(f"Job {job} is {before.phase}; it {why}.")
        after = await self.get(job)
        self.publish(after)
        return after

    async def delete(self, job: str, identity: Identity) -> None:
        """Delete a job that has ended: its rows first, its folder last. Its events and its model stay.

        Raises
        ------
        Conflict
            If the job has not ended.
        NotFound
            If there is no such job.
        """
        found = await self.get(job, identity, Action.DELETE)
        if not found.final:
            raise Conflict(f"Job {job} is {found.phase}: abort it before deleting it.")
        async with self._database.write() as connection:
            await add_event(
                connection, job, "deleted", identity.user, {"label": found.label, "module": found.module}
            )
            done = await connection.execute(delete(jobs).where(jobs.c.id == job, jobs.c.phase.in_(FINAL)))
            if not done.rowcount:
                raise Conflict(f"Job {job} is being retried: abort it before deleting it.")
        publish_deleted(self._live, job, found.ownership)
        await self.remove_folder(job)

    async def remove_folder(self, job: str) -> None:
        """Remove the folder of a deleted job."""
        await asyncio.to_thread(shutil.rmtree, self.folder / job, ignore_errors=True)

    def attempt_folder(self, attempt: Attempt) -> Path:
        """Return the job folder of an attempt (contracts.md, section 6)."""
        return self.folder / attempt.job / attempt.id

    def out_folder(self, attempt: Attempt) -> Path:
        """Return the attempt's ``out/``; its content was written by the container and is not trusted."""
        return self.attempt_folder(attempt) / "out"
