"""The store of jobs for users: create, list, abort, retry, delete. The supervisor's is `supervisor.store`."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import visible
from dashboard.base.errors import Conflict, NotFound
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, attempts, events, jobs
from dashboard.jobs.fairness import in_turn
from dashboard.jobs.job import (
    FINAL,
    LIVE,
    RETRYABLE,
    Artefact,
    Attempt,
    DesiredState,
    Job,
    JobEvent,
    JobFilter,
    Phase,
)
from dashboard.jobs.request import CheckedRequest
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.listing import COUNTED, Position, find, order_of
from dashboard.jobs.store.live_events import publish_deleted, publish_state
from dashboard.jobs.store.row_mapping import attempt_of, job_of, queued_row
from dashboard.jobs.store.search_index import index_words

ALL = JobFilter()
PLACES = 2000  # waiting jobs whose place is told
# `JobStore.list` hides the builtin inside the class.
Attempts = list[Attempt]
Jobs = list[Job]
Ids = list[str]
Events = list[JobEvent]
Artefacts = list[Artefact]


class JobStore:
    """Jobs, attempts, events and artefacts.

    Parameters
    ----------
    database : Database
        Open and migrated.
    live : Live
        Told of every change.
    folder : Path
        ``<home>/jobs``.
    queued_per_user : int
        The most jobs of one person that wait; 0: no limit.
    """

    def __init__(self, database: Database, live: Live, folder: Path, queued_per_user: int = 0) -> None:
        self._queued_per_user = queued_per_user
        self._database = database
        self._live = live
        self.folder = folder

    async def create(self, checked: CheckedRequest, identity: Identity, parent: str | None = None) -> Job:
        """Store a job as QUEUED, with its events; `Conflict` when too many of this person wait already."""
        job = new_identifier()
        row = queued_row(job, checked, identity.user, parent)
        async with self._database.write() as connection:
            await self._require_room(connection, identity)
            await connection.execute(insert(jobs).values(row))
            await index_words(connection, job)
            await add_event(connection, job, "created", identity.user, {"parent": parent})
            if parent:
                await add_event(connection, parent, "again", identity.user, {"job": job})
        made = await self.get(job)
        self.publish(made)
        return made

    async def _require_room(self, connection: AsyncConnection, identity: Identity) -> None:
        limit = self._queued_per_user
        if not limit:
            return
        waiting = select(jobs.c.id).where(jobs.c.owner == identity.user, jobs.c.phase == Phase.QUEUED)
        count = select(func.count()).select_from(waiting.limit(limit).subquery())
        if (await connection.execute(count)).scalar_one() >= limit:
            raise Conflict(
                f"{identity.user} has {limit} jobs waiting, the most that one person may have: "
                "wait until one begins, or abort one."
            )

    def publish(self, job: Job) -> None:
        """Tell those who follow it, or all jobs, its state."""
        publish_state(self._live, job)

    async def get(self, job: str) -> Job:
        """Return one job; `NotFound` when there is none."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.id == job))).mappings().one_or_none()
        if row is None:
            raise NotFound(f"There is no job {job}; it may have been deleted.")
        return job_of(row)

    async def list(
        self,
        job_filter: JobFilter = ALL,
        sort: str = "-created",
        page: int = 1,
        size: int = 50,
        *,
        after: str = "",
        before: str = "",
        identity: Identity = SYSTEM,
    ) -> Page[Job]:
        """Return one page of the jobs that match.

        Parameters
        ----------
        sort : str
            One of `listing.ORDERS`, with ``-`` for descending; by `ended`, those that have ended.
        page : int
            From 1; not looked at where `after` or `before` says which page.
        after, before : str
            `following` of the page before, or `preceding` of the one after; ``before="end"``: the last page.
        """
        position = Position(max(page, 1), min(max(size, 1), 1000), after, before)
        async with self._database.read() as connection:
            found = await find(connection, job_filter, order_of(sort), position, identity)
            rows = (await connection.execute(select(jobs).where(jobs.c.id.in_(found.ids)))).mappings()
            known = {row["id"]: job_of(row) for row in rows}
        items = [known[job] for job in found.ids if job in known]
        return Page(
            items, found.total, position.page, position.size, found.exact, found.following, found.preceding
        )

    async def counts(self, owner: str = "", identity: Identity = SYSTEM) -> dict[Phase, int]:
        """Return how many jobs are in each phase (none: left out), counted no further than `COUNTED` + 1."""
        conditions = [visible(identity, jobs.c), *([jobs.c.owner == owner] if owner else [])]
        counted = [
            select(func.count())
            .select_from(
                select(jobs.c.id).where(*conditions, jobs.c.phase == phase).limit(COUNTED + 1).subquery()
            )
            .scalar_subquery()
            for phase in Phase
        ]
        async with self._database.read() as connection:
            found = (await connection.execute(select(*counted))).one()
        return {phase: count for phase, count in zip(Phase, found, strict=True) if count}

    async def predictions(self, model: str, limit: int, identity: Identity = SYSTEM) -> Jobs:
        """Return the prediction jobs of a model, newest first; at most `limit`."""
        query = (
            select(jobs)
            .where(jobs.c.model == model, visible(identity, jobs.c))
            .order_by(jobs.c.created.desc(), jobs.c.id.desc())
        )
        async with self._database.read() as connection:
            return [job_of(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    @staticmethod
    async def using_model(connection: AsyncConnection, model: str) -> Ids:
        """Return the ids of the jobs that have not ended and use a model."""
        query = select(jobs.c.id).where(jobs.c.model == model, jobs.c.phase.in_(LIVE)).order_by(jobs.c.id)
        return [*(await connection.execute(query)).scalars()]

    async def queue_positions(self) -> dict[str, int]:
        """Return the place (1 = next) of the jobs that wait, by whose turn it is; of the oldest `PLACES`."""
        shown = (jobs.c.id, jobs.c.owner, jobs.c.created)
        waiting = select(*shown).where(jobs.c.phase == Phase.QUEUED).order_by(jobs.c.created, jobs.c.id)
        running = select(jobs.c.owner, func.count()).where(jobs.c.phase == Phase.EXECUTING)
        async with self._database.read() as connection:
            rows = (await connection.execute(waiting.limit(PLACES))).all()
            counted = (await connection.execute(running.group_by(jobs.c.owner))).all()
        has = {row[0]: int(row[1]) for row in counted}
        return {row.id: place for place, row in enumerate(in_turn(rows, has, {}), 1)}

    async def attempts(self, job: str) -> Attempts:
        """Return the attempts, oldest first."""
        query = select(attempts).where(attempts.c.job == job).order_by(attempts.c.number)
        async with self._database.read() as connection:
            return [attempt_of(row) for row in (await connection.execute(query)).mappings()]

    async def events(self, job: str, after: int = 0) -> Events:
        """Return what happened to a job (also one that was deleted), oldest first."""
        query = select(events).where(events.c.job == job, events.c.id > after).order_by(events.c.id)
        async with self._database.read() as connection:
            return [JobEvent(**row) for row in (await connection.execute(query)).mappings()]

    async def artefacts(self, job: str) -> Artefacts:
        """Return the files that were recorded when it ended, by path."""
        shown = (artefacts.c.attempt, artefacts.c.path, artefacts.c.size, artefacts.c.sha256)
        query = select(*shown).where(artefacts.c.job == job).order_by(artefacts.c.attempt, artefacts.c.path)
        async with self._database.read() as connection:
            return [Artefact(**row) for row in (await connection.execute(query)).mappings()]

    async def request_abort(self, job: str, identity: Identity) -> Job:
        """Request the abort of a job; the supervisor does it. `Conflict` when the job has ended."""
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
        """
        return await self._requeue(job, identity, resume=False)

    async def resume(self, job: str, identity: Identity) -> Job:
        """Put a failed or aborted job back into the queue; its next attempt starts from the last checkpoint.

        Raises
        ------
        Conflict
            If the job has not ended, was completed, or no attempt left a checkpoint.
        """
        return await self._requeue(job, identity, resume=True)

    async def _requeue(self, job: str, identity: Identity, *, resume: bool) -> Job:
        before = await self.get(job)
        checkpoints = select(attempts.c.id).where(attempts.c.job == job, attempts.c.checkpoint.is_not(None))
        requeued = {
            "phase": Phase.QUEUED,
            "desired_state": DesiredState.RUN,
            "reason": "waits for its turn",
            "not_before": None,
            "resume": resume,
            "progress": None,
            "started": None,
            "ended": None,
        }
        async with self._database.write() as connection:
            if resume and (await connection.execute(checkpoints.limit(1))).one_or_none() is None:
                raise Conflict(f"Job {job} left no checkpoint to go on from: retry it from the beginning.")
            done = await connection.execute(
                update(jobs).where(jobs.c.id == job, jobs.c.phase.in_(RETRYABLE)).values(requeued)
            )
            if done.rowcount:
                kind = "resume" if resume else "retry"
                await add_event(connection, job, kind, identity.user, {"reason": before.reason})
        if not done.rowcount:
            why = "ended well: run it again as a new job" if before.final else "has not ended"
            raise Conflict(f"Job {job} is {before.phase}; it {why}.")
        after = await self.get(job)
        self.publish(after)
        return after

    async def delete(self, job: str, identity: Identity) -> None:
        """Delete a job that has ended: rows first, its folder last. Events and its model stay."""
        found = await self.get(job)
        if not found.final:
            raise Conflict(f"Job {job} is {found.phase}: abort it before deleting it.")
        async with self._database.write() as connection:
            await add_event(
                connection, job, "deleted", identity.user, {"label": found.label, "module": found.module}
            )
            done = await connection.execute(delete(jobs).where(jobs.c.id == job, jobs.c.phase.in_(FINAL)))
            if not done.rowcount:
                raise Conflict(f"Job {job} is being tried again: abort it before deleting it.")
        publish_deleted(self._live, job, found.ownership)
        await self.remove_folder(job)

    async def remove_folder(self, job: str) -> None:
        """Remove the folder of a deleted job."""
        await asyncio.to_thread(shutil.rmtree, self.folder / job, ignore_errors=True)

    async def deleted(self, candidates: Sequence[str]) -> set[str]:
        """Return which of these were deleted by somebody (not merely unknown): their folders may go."""
        query = select(events.c.job).where(events.c.kind == "deleted", events.c.job.in_(candidates))
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())

    def attempt_folder(self, attempt: Attempt) -> Path:
        """Return the job folder of an attempt (contracts.md, section 6)."""
        return self.folder / attempt.job / attempt.id

    def out_folder(self, attempt: Attempt) -> Path:
        """Return the attempt's ``out/``; what lies there was written by the container and is not trusted."""
        return self.attempt_folder(attempt) / "out"
