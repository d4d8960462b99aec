"""Jobs that are held until their client lets them run, and times of destruction: what UWS 1.1 adds to a job.

A held job is PENDING: the supervisor does not look at it, and what was given for it is checked when it is to
run. Everything is stored, so that a restart of the platform changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, func, insert, or_, select, update

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, absent, visible
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.ids import new_identifier
from dashboard.base.ownership import Visibility
from dashboard.base.resources import Resources
from dashboard.database.engine import Database
from dashboard.database.tables import jobs, uws_jobs
from dashboard.jobs.job import DesiredState, Job, Phase
from dashboard.jobs.request import CheckedRequest, JobInput
from dashboard.jobs.store.event_log import add_event
from dashboard.jobs.store.jobs import UNCHECKED, JobStore
from dashboard.jobs.store.row_mapping import job_of, queued_row
from dashboard.jobs.store.search_index import index_words
from dashboard.jobs.store.value_index import index_values
from wire.json_records import REQUEST

HELD_PER_USER = 1000  # held jobs of one person: they cost nothing, but rows
HELD = "held until its client lets it run (UWS)"
#: What a held job reserves of the quotas: nothing.
NOTHING = Resources(cpus=0, memory_mb=0)
UNKNOWN_INPUT = JobInput("spectra", "", None, synthetic=False, count=0)


@dataclass(frozen=True)
class Terms:
    """A row of `uws_jobs`, without the job.

    Attributes
    ----------
    run_id : str
        Chosen by the client.
    given : mapping of str to str
        Parameters as they were sent, by name in capitals.
    destruction : str or None
        When the job is deleted; None: never.
    """

    run_id: str = ""
    given: Mapping[str, str] = field(default_factory=dict)
    destruction: str | None = None

    @property
    def over(self) -> bool:
        """Whether the job is to be deleted, and counts as deleted already."""
        return self.destruction is not None and self.destruction <= clock.now()


class HeldJobs:
    """Holds jobs, lets them run, and keeps their terms.

    Parameters
    ----------
    database : Database
        Open and migrated.
    store : JobStore
        The store of all jobs.
    """

    def __init__(self, database: Database, store: JobStore) -> None:
        self._database = database
        self._store = store

    async def hold(self, module: str, version: str, terms: Terms, identity: Identity) -> Job:
        """Store a job as PENDING.

        Parameters
        ----------
        module, version : str
            What it is of.
        terms : Terms
            Its parameters, not checked yet.
        identity : Identity
            Its owner.

        Raises
        ------
        Conflict
            If this person holds too many already.
        """
        identifier = new_identifier()
        async with self._database.write() as connection:
            waiting = select(jobs.c.id).where(jobs.c.owner == identity.user, jobs.c.phase == Phase.PENDING)
            count = select(func.count()).select_from(waiting.limit(HELD_PER_USER).subquery())
            if (await connection.execute(count)).scalar_one() >= HELD_PER_USER:
                raise Conflict(f"{identity.user} holds {HELD_PER_USER} jobs: run or delete some of them.")
            await connection.execute(insert(jobs).values(_held_row(identifier, module, version, identity)))
            await connection.execute(insert(uws_jobs).values(job=identifier, **_values(terms)))
            await index_words(connection, identifier)
            await add_event(connection, identifier, "created", identity.user, {"request": REQUEST.get()})
        made = await self._store.get(identifier)
        self._store.publish(made)
        return made

    async def terms(self, job: str) -> Terms:
        """Return the terms of a job; those of one that was not made through UWS are empty."""
        async with self._database.read() as connection:
            query = select(uws_jobs).where(uws_jobs.c.job == job)
            row = (await connection.execute(query)).mappings().one_or_none()
        return Terms() if row is None else _terms(row)

    async def get(self, job: str, identity: Identity, action: Action = Action.READ) -> tuple[Job, Terms]:
        """Return a job and its terms.

        Raises
        ------
        NotFound
            If there is no such job that the identity may see, or it is to be deleted.
        Denied
            If the identity may see it, but not do this.
        """
        found = await self._store.get(job, identity, action)
        terms = await self.terms(job)
        if terms.over:
            raise absent("job", job)
        return found, terms

    async def give(self, job: str, terms: Terms, walltime_s: int | None, identity: Identity) -> None:
        """Replace what was given for a held job.

        Raises
        ------
        Conflict
            If it is not held any more.
        """
        found, _ = await self.get(job, identity, Action.CHANGE)
        resources = found.resources.changed({"walltime_s": walltime_s}).to_json()
        async with self._database.write() as connection:
            held = update(jobs).where(jobs.c.id == job, jobs.c.phase == Phase.PENDING)
            if not (await connection.execute(held.values(resources=resources))).rowcount:
                raise Conflict(f"Job {job} is {found.phase}: its parameters cannot be changed any more.")
            values = _values(terms) | {"destruction": uws_jobs.c.destruction}
            await connection.execute(update(uws_jobs).where(uws_jobs.c.job == job).values(values))

    async def release(self, job: str, checked: CheckedRequest, identity: Identity) -> Job:
        """Put a held job into the queue.

        Parameters
        ----------
        job : str
            Its id.
        checked : CheckedRequest
            What was made of what was given for it.
        identity : Identity
            Who lets it run; it stays its owner's.

        Raises
        ------
        Conflict
            If it is not held any more, or too many jobs of its owner wait.
        QuotaExceeded
            If a quota does not allow it.
        """
        before, _ = await self.get(job, identity, Action.CHANGE)
        row = queued_row(job, checked, before.owner, before.parent)
        values = {name: value for name, value in row.items() if name not in {"id", "owner", "created"}}
        limits = await self._store.admission.limits(before.owner, checked.request.project or None)
        async with self._database.write() as connection:
            await self._store.admission.require_room(connection, before.owner)
            await self._store.admission.require_quotas(connection, limits, checked.resources)
            # One statement decides: of two clients, or a client and an abort, only one finds it PENDING.
            held = update(jobs).where(
                jobs.c.id == job, jobs.c.phase == Phase.PENDING, jobs.c.desired_state == DesiredState.RUN
            )
            if not (await connection.execute(held.values(values))).rowcount:
                raise Conflict(f"Job {job} is {before.phase}: only a PENDING one can be told to run.")
            await index_words(connection, job)
            await index_values(connection, job)
            await add_event(connection, job, "phase", identity.user, {"phase": Phase.QUEUED})
        after = await self._store.get(job)
        self._store.publish(after)
        return after

    async def end(self, job: str, phase: Phase, reason: str, identity: Identity) -> None:
        """End a held job: as ERROR where it cannot be run, as ABORTED where it is not to be run.

        Parameters
        ----------
        job : str
            Its id.
        phase : Phase
            Of its end.
        reason : str
            What is wrong with what was given for it, or who does not want it.
        identity : Identity
            Who told it to run, or to end.

        Raises
        ------
        Conflict
            If it is not held any more.
        """
        found, _ = await self.get(job, identity, Action.CHANGE)
        ended = {"phase": phase, "reason": reason, "ended": clock.now()}
        async with self._database.write() as connection:
            held = update(jobs).where(jobs.c.id == job, jobs.c.phase == Phase.PENDING)
            if not (await connection.execute(held.values(ended))).rowcount:
                raise Conflict(f"Job {job} is {found.phase}: it is not held any more.")
            detail = {"phase": phase, "reason": reason}
            await add_event(connection, job, "phase", identity.user, detail)
        self._store.publish(await self._store.get(job))

    async def destroy_at(self, job: str, moment: str | None, identity: Identity) -> None:
        """Set when a job is deleted.

        Parameters
        ----------
        job : str
            Its id.
        moment : str or None
            A stamp; None: never.
        identity : Identity
            Who asks.

        Raises
        ------
        NotFound, Denied
            As `get`.
        """
        await self.get(job, identity, Action.DELETE)
        async with self._database.write() as connection:
            change = update(uws_jobs).where(uws_jobs.c.job == job).values(destruction=moment)
            if not (await connection.execute(change)).rowcount:
                row = _values(Terms(destruction=moment))
                await connection.execute(insert(uws_jobs).values(job=job, **row))

    async def due(self, limit: int) -> list[Job]:
        """Return jobs whose time of destruction has come, the longest ago first."""
        query = (
            select(jobs)
            .join(uws_jobs, uws_jobs.c.job == jobs.c.id)
            .where(uws_jobs.c.destruction <= clock.now())
            .order_by(uws_jobs.c.destruction)
        )
        async with self._database.read() as connection:
            return [job_of(row) for row in (await connection.execute(query.limit(limit))).mappings()]

    async def newest(
        self, module: str, phases: tuple[Phase, ...], after: str, limit: int, identity: Identity
    ) -> list[tuple[Job, str]]:
        """Return the jobs of a module that an identity may see, newest first, each with its run id.

        Parameters
        ----------
        module : str
            Name of the module.
        phases : tuple of Phase
            Only these; empty: all.
        after : str
            Only jobs that were created later (a stamp); empty: all.
        limit : int
            The most.
        identity : Identity
            Who asks.
        """
        gone = uws_jobs.c.destruction.is_(None)
        query = (
            select(*jobs.c, uws_jobs.c.run_id)
            .select_from(jobs.outerjoin(uws_jobs, uws_jobs.c.job == jobs.c.id))
            .where(jobs.c.module == module, visible(identity, jobs.c))
            .where(or_(gone, uws_jobs.c.destruction > clock.now()))
            .order_by(jobs.c.created.desc(), jobs.c.id.desc())
            .limit(limit)
        )
        if phases:
            query = query.where(jobs.c.phase.in_(phases))
        if after:
            query = query.where(jobs.c.created > after)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [(job_of({c: row[c] for c in jobs.c.keys()}), row["run_id"] or "") for row in rows]  # noqa: SIM118


def _held_row(job: str, module: str, version: str, identity: Identity) -> dict[str, Any]:
    return {
        "id": job,
        "owner": identity.user,
        "visibility": Visibility.PRIVATE,
        "action": "train",
        "module": module,
        "module_version": version,
        "image": "",
        "phase": Phase.PENDING,
        "desired_state": DesiredState.RUN,
        "reason": HELD,
        "parameters": {},
        "input": {**UNKNOWN_INPUT.to_json(), UNCHECKED: True},
        "node": "any",
        "resources": NOTHING.to_json(),
        "request_id": REQUEST.get(),
        "created": clock.now(),
    }


def _values(terms: Terms) -> dict[str, Any]:
    return {"run_id": terms.run_id, "given": dict(terms.given), "destruction": terms.destruction}


def _terms(row: RowMapping) -> Terms:
    return Terms(row["run_id"], row["given"], row["destruction"])
