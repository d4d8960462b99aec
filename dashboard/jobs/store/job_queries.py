"""What pages and the API read of jobs: rows, lists, counts, queue positions, history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sqlalchemy import exists, func, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action, Resource, authorize, visible, visible_parts
from dashboard.base.errors import NotFound
from dashboard.base.paging import Page
from dashboard.database.engine import Database
from dashboard.database.tables import artefacts, attempts, events, jobs
from dashboard.jobs.fairness import in_turn
from dashboard.jobs.job import LIVE, STORED, Artefact, Attempt, Job, JobEvent, JobFilter, Phase
from dashboard.jobs.store.listing import COUNTED, find
from dashboard.jobs.store.order import Position, order_of
from dashboard.jobs.store.row_mapping import attempt_of, job_of

ALL = JobFilter()
POSITIONS = 2000  # waiting jobs whose queue position is shown
# `JobQueries.list` hides the builtin inside the class.
Attempts = list[Attempt]
Jobs = list[Job]
Ids = list[str]
Events = list[JobEvent]
Artefacts = list[Artefact]


class JobQueries:
    """Reads jobs, attempts, events and artefacts.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, job: str, identity: Identity = SYSTEM, action: Action = Action.READ) -> Job:
        """Return one job that an identity may read.

        Parameters
        ----------
        job : str
            Id.
        identity : Identity
            Who asks; the default is for the platform itself.
        action : Action
            What the identity is about to do.

        Raises
        ------
        NotFound
            If there is no such job, or the identity may not see it.
        Denied
            If the identity may see it, but not do this.
        """
        async with self._database.read() as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.id == job))).mappings().one_or_none()
        if row is None:
            raise NotFound(f"There is no job {job}; it may have been deleted.")
        found = job_of(row)
        authorize(identity, action, Resource("job", job, found.ownership))
        return found

    async def last_nodes(self, ids: Sequence[str]) -> dict[str, str]:
        """Return the node of each job's newest attempt; jobs without one are left out."""
        query = select(attempts.c.job, attempts.c.node).where(attempts.c.job.in_(ids))
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(attempts.c.number))
            return {row.job: row.node for row in rows}

    async def list(
        self,
        job_filter: JobFilter = ALL,
        sort: str = "-created",
        page: int = 1,
        size: int = 50,
        *,
        after: str = "",
        before: str = "",
        identity: Identity,
    ) -> Page[Job]:
        """Return one page of the jobs that match.

        Parameters
        ----------
        job_filter : JobFilter
            Which jobs.
        sort : str
            One of `order.ORDERS`, with ``-`` for descending; by ``ended``, only jobs that have ended.
        page : int
            From 1; ignored with `after` or `before`.
        size : int
            Jobs on a page, at most 1000.
        after, before : str
            `following` of the previous page, or `preceding` of the next one; ``before="end"``: the last page.
        identity : Identity
            Who reads the list.

        Raises
        ------
        Invalid
            If the order, a cursor or the page number is not valid.
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

    async def counts(self, identity: Identity, owner: str = "") -> dict[Phase, int]:
        """Return the number of jobs in each phase that has any, counted up to `COUNTED` + 1."""
        parts = visible_parts(identity, jobs.c)
        mine = [jobs.c.owner == owner] if owner else []
        counted = [
            select(func.count())
            .select_from(
                union_all(*(select(jobs.c.id).where(part, *mine, jobs.c.phase == phase) for part in parts))
                .limit(COUNTED + 1)
                .subquery()
            )
            .scalar_subquery()
            for phase in STORED
        ]
        async with self._database.read() as connection:
            found = (await connection.execute(select(*counted))).one()
        return {phase: count for phase, count in zip(STORED, found, strict=True) if count}

    async def any(self, identity: Identity) -> bool:
        """Return whether there is a job that an identity may see."""
        parts = [exists(select(jobs.c.id).where(part)) for part in visible_parts(identity, jobs.c)]
        async with self._database.read() as connection:
            return bool((await connection.execute(select(or_(*parts)))).scalar_one())

    async def predictions(self, model: str, limit: int, identity: Identity) -> Jobs:
        """Return the prediction jobs of a model.

        Parameters
        ----------
        model : str
            The model's id.
        limit : int
            The most jobs.
        identity : Identity
            Who asks; jobs that the identity may not see are left out.

        Returns
        -------
        Jobs
            Newest first.
        """
        query = (
            select(jobs)
            .where(jobs.c.model == model, jobs.c.action == "predict", visible(identity, jobs.c))
            .order_by(jobs.c.created.desc(), jobs.c.id.desc())
        )
        async with self._database.read() as connection:
            return [job_of(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    @staticmethod
    async def using_model(connection: AsyncConnection, model: str) -> Ids:
        """Return the ids of the jobs that use a model and have not ended."""
        query = select(jobs.c.id).where(jobs.c.model == model, jobs.c.phase.in_(LIVE)).order_by(jobs.c.id)
        return [*(await connection.execute(query)).scalars()]

    async def queue_positions(self) -> dict[str, int]:
        """Return the queue position (1 = next) of the oldest `POSITIONS` waiting jobs."""
        shown = (jobs.c.id, jobs.c.owner, jobs.c.created)
        waiting = select(*shown).where(jobs.c.phase == Phase.QUEUED).order_by(jobs.c.created, jobs.c.id)
        # Counted here: for a grouping SQLite would walk the index by owner over all jobs.
        running = select(jobs.c.owner).where(jobs.c.phase == Phase.EXECUTING)
        async with self._database.read() as connection:
            rows = (await connection.execute(waiting.limit(POSITIONS))).all()
            running = running.order_by(jobs.c.created, jobs.c.id)
            counts = Counter((await connection.execute(running)).scalars())
        return {row.id: position for position, row in enumerate(in_turn(rows, counts, {}), 1)}

    async def attempts(self, job: str) -> Attempts:
        """Return the attempts, oldest first."""
        query = select(attempts).where(attempts.c.job == job).order_by(attempts.c.number)
        async with self._database.read() as connection:
            return [attempt_of(row) for row in (await connection.execute(query)).mappings()]

    async def events(self, job: str, after: int = 0) -> Events:
        """Return the history of a job, also of a deleted one, oldest first."""
        query = select(events).where(events.c.job == job, events.c.id > after).order_by(events.c.id)
        async with self._database.read() as connection:
            return [JobEvent(**row) for row in (await connection.execute(query)).mappings()]

    async def artefacts(self, job: str) -> Artefacts:
        """Return the files that were recorded when the attempts ended, by path."""
        shown = (artefacts.c.attempt, artefacts.c.path, artefacts.c.size, artefacts.c.sha256)
        query = select(*shown).where(artefacts.c.job == job).order_by(artefacts.c.attempt, artefacts.c.path)
        async with self._database.read() as connection:
            return [Artefact(**row) for row in (await connection.execute(query)).mappings()]

    async def deleted(self, candidates: Sequence[str]) -> set[str]:
        """Return which of these jobs were deleted (not merely unknown): their folders may be removed."""
        query = select(events.c.job).where(events.c.kind == "deleted", events.c.job.in_(candidates))
        async with self._database.read() as connection:
            return set((await connection.execute(query)).scalars())
