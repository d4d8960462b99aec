"""Brings rounds forward: makes their jobs, records what they selected, puts it into queues, begins the next.

Every step is decided from committed rows and leaves a committed row behind; done twice it gives the same. The
id of a round's job is committed before the job is made, so a kill in between makes no second one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any

from dashboard.auth.identity import Accounts, Identity, Role
from dashboard.base import clock
from dashboard.base.errors import Conflict, Denied, Invalid, NotFound, ServiceError
from dashboard.data.dataset import Kind
from dashboard.data.service import DataService
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import Job, Phase
from dashboard.jobs.request import CheckedRequest
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.submit.learning import LearningCheck
from dashboard.labels.queue import OriginKind, QueueRow
from dashboard.labels.service import LabelService
from dashboard.learning import selection_file
from dashboard.learning.earlier_pool import pool_of, prepares_the_same
from dashboard.learning.figures import reason_to_stop
from dashboard.learning.round_request import round_request
from dashboard.learning.service import LearningService
from dashboard.learning.session import Entry, EntryKind, Round, Session, SessionState
from dashboard.learning.settings import SessionSettings

log = logging.getLogger(__name__)

LOOK_S = 2.0  # between two looks where nothing is told

Hook = Callable[[str], Awaitable[None]]


class Coordinator:
    """Runs beside the supervisor of jobs; `look` does everything that there is to do, once.

    Parameters
    ----------
    service : LearningService
        Sessions and rounds.
    data : DataService
        The pools.
    labels : LabelService
        Labels and queues.
    jobs : JobStore
        The rounds' jobs.
    check : LearningCheck
        Checks a round before its job is made.
    accounts : Accounts
        From the owner of a session to the identity that its rounds run as.
    at : Hook
        Called at each point where a crash must be harmless (tests crash there).
    supervise : callable
        Wakes the supervisor of jobs.
    """

    def __init__(
        self,
        service: LearningService,
        *,
        data: DataService,
        labels: LabelService,
        jobs: JobStore,
        check: LearningCheck,
        accounts: Accounts,
        at: Hook,
        supervise: Callable[[], None],
    ) -> None:
        self._service, self._store = service, service.store
        self._data, self._labels, self._jobs = data, labels, jobs
        self._check, self._accounts, self._at = check, accounts, at
        self._supervise = supervise
        self._woken = asyncio.Event()
        self._running: asyncio.Task[None] | None = None
        self._events: dict[str, tuple[int, int]] = {}  # session: rounds and events when it was looked at

    async def start(self) -> None:
        """Start looking."""
        self._service.wake = self._woken.set
        self._running = asyncio.create_task(self._run(), name="learning")

    async def stop(self) -> None:
        """Stop; the next start goes on."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None

    async def _run(self) -> None:
        while True:
            try:
                await self.look()
            except Exception:  # the database may be unavailable for a moment
                log.exception("rounds could not be brought forward; trying again")
            self._woken.clear()
            try:
                await asyncio.wait_for(self._woken.wait(), LOOK_S)
            except TimeoutError:
                continue

    async def look(self) -> None:
        """Do everything that there is to do now, once."""
        for round_ in await self._store.unfinished():
            session = await self._store.get(round_.session)
            try:
                await self._forward(session, round_)
            except ServiceError as error:
                log.warning("round %s of %s: %s", round_.number, session.id, error)
                await self._fail(round_, error.detail)
        for name in await self._store.open_sessions():
            await self._go_on(await self._store.get(name))

    async def _fail(self, round_: Round, reason: str) -> None:
        await self._store.change_round(round_, {"failure": reason})

    # One round

    async def _forward(self, session: Session, round_: Round) -> None:
        job = await self._service.job(round_)
        if round_.submitted is None:
            if job is None:
                job = await self._submit(session, round_)
                await self._at("round-submitted")
            await self._store.change_round(round_, {"submitted": clock.now()})
        elif job is None and round_.recorded is None:
            await self._fail(round_, "The job of the round was deleted.")
            return
        if round_.recorded is None:
            if job is None or job.phase is not Phase.COMPLETED:
                return
            await self._record(session, round_, job)
            await self._at("round-recorded")
        await self._queue(session, round_)

    async def _submit(self, session: Session, round_: Round) -> Job:
        label_set = await self._labels.get(session.label_set)
        settings = SessionSettings.from_json(round_.settings, label_set.classes)
        identity = await self._accounts(session.owner)
        if not identity.has(Role.USER):
            raise Denied(f"{session.owner} may not train any more: give the session to somebody who may.")
        request = round_request(
            settings,
            name=session.name,
            dataset=session.dataset,
            number=round_.number,
            project=session.project,
        )
        learning = {
            **settings.of_round(),
            "session": session.id,
            "round": round_.number,
            "label_set": session.label_set,
            "last_event": round_.last_event,
            "version": round_.version,
            "classes": list(label_set.classes),
        }
        checked = await self._check.require(request, learning, identity)
        if (pool := await self._pool_before(session, round_, checked)) is not None:
            given = replace(checked.input, learning={**learning, "pool": pool})
            checked = replace(checked, input=given)
        job = await self._jobs.create(checked, identity, identifier=round_.job)
        self._supervise()
        return job

    async def _pool_before(
        self, session: Session, round_: Round, checked: CheckedRequest
    ) -> dict[str, Any] | None:
        """Return where the round before left its pool, if this one would prepare the same."""
        for before in reversed(await self._store.rounds(session.id)):
            job = await self._service.job(before) if before.number < round_.number else None
            if job is not None and job.phase is Phase.COMPLETED:
                same = prepares_the_same(job, checked)
                return pool_of(job, await self._jobs.artefacts(job.id)) if same else None
        return None

    async def _record(self, session: Session, round_: Round, job: Job) -> None:
        tried = await self._jobs.attempts(job.id)
        folder = JobResults(self._jobs.out_folder(tried[-1])).folder
        content = await asyncio.to_thread(selection_file.read, folder)
        pool = await self._data.find(session.dataset)
        if pool is None:
            raise Conflict("The dataset of the session was deleted while the round ran.")
        rows = await selection_file.rows_of(
            content, round_, session.dataset, pool.kind is Kind.FEATURES, self._data
        )
        if not rows:
            raise Invalid("The round selected no spectrum of the dataset.")
        await self._store.record(round_, selection_file.result_of(content), rows)

    async def _queue(self, session: Session, round_: Round) -> None:
        entries = await self._store.entries(session.id, round_.number)
        identity = await self._accounts(session.owner)
        batch = [one for one in entries if one.kind is EntryKind.BATCH]
        samples = [one for one in entries if one.kind is not EntryKind.BATCH]
        queue = await self._queue_of(session, round_, batch, OriginKind.ROUND, identity)
        await self._at("round-queue")
        sample_queue = await self._queue_of(session, round_, samples, OriginKind.PERFORMANCE, identity)
        done = {"queued": clock.now(), "queue": queue, "sample_queue": sample_queue}
        await self._store.change_round(round_, done)
        await self._service.tell(session.id)

    async def _queue_of(
        self,
        session: Session,
        round_: Round,
        entries: Sequence[Entry],
        kind: OriginKind,
        identity: Identity,
    ) -> str | None:
        """Return the queue of a round's spectra; one that was made before a kill is found again."""
        if not entries:
            return None
        origin = {"kind": str(kind), "session": session.id, "round": round_.number, "job": round_.job}
        for known in await self._labels.queues.of_set(session.label_set, identity):
            if known.origin == origin:
                return known.id
        blind = kind is OriginKind.PERFORMANCE
        rows = [QueueRow(one.row, _opinion(one)) for one in entries]
        made = await self._labels.queues.create(
            session.label_set,
            rows,
            origin,
            identity,
            name=f"{session.name}, round {round_.number}: {'samples' if blind else 'batch'}"[-200:],
            blind=blind,
        )
        return made.id

    # From round to round

    async def _go_on(self, session: Session) -> None:
        """End a session whose stopping rule holds, else begin the next round once the last is labelled."""
        rounds = await self._store.rounds(session.id)
        if not rounds or not rounds[-1].queued:
            return
        try:
            label_set = await self._labels.get(session.label_set)
        except NotFound:
            return
        known = (len(rounds), label_set.events)
        if self._events.get(session.id) == known:
            return
        figures = await self._service.figures(session)
        if figures and figures[-1].complete:
            settings = SessionSettings.from_json(session.settings, label_set.classes)
            if reason := reason_to_stop(settings.stop, figures):
                await self._service.finish(session.id, reason)
            elif settings.automatic and await self._still_open(session):
                try:
                    await self._service.start_round(session.id, await self._accounts(session.owner))
                except (Conflict, Denied, NotFound, Invalid) as error:
                    log.warning("%s does not go on: %s", session.id, error)
        self._events[session.id] = known

    async def _still_open(self, session: Session) -> bool:
        return (await self._store.get(session.id)).state is SessionState.OPEN


def _opinion(entry: Entry) -> dict[str, object] | None:
    if entry.label is None:
        return None
    return {"label": entry.label, "probabilities": dict(entry.probabilities or {})}
