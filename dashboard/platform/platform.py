"""A whole platform: its life cycle, and what involves more than one service. No HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, require_member
from dashboard.base.errors import Conflict, Invalid, NotFound
from dashboard.database.credentials import StoredCredentials, encrypt_stored
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import Job, Phase
from dashboard.jobs.request import CheckedRequest, JobRequest
from dashboard.jobs.submit.learning import ACTION as ROUND
from dashboard.nodes.ranking import ANY
from dashboard.platform.core import Service
from dashboard.platform.services import Services


class Platform(Services):
    """What the web application and the tests use: ``async with Platform(settings) as platform``.

    Parameters are those of `Services`.

    Attributes
    ----------
    stored_credentials : StoredCredentials
        What became of the stored credentials at the start: those that were in plain text are encrypted.
    """

    stored_credentials = StoredCredentials(0, ())

    async def start(self, supervise: bool = True) -> None:
        """Lock the home folder, migrate the database and start all services.

        Parameters
        ----------
        supervise : bool
            False: all but the supervisor; `supervisor.reconcile` does one pass (tests).

        Raises
        ------
        Conflict
            If another platform runs on this home.
        Unavailable
            If the database is damaged.
        """
        self._home.take()
        async with self._stopped_on_error():
            await self._open()
            services: list[Service] = [
                self.audit,
                self.data,
                self.reference_cache,
                self.references,
                self.reference_staging,
                self.acquisitions,
                self.acquisition_schedule,
                self.nodes,
                self.modules,
                self.publisher,
                self.figures,
                self.subscriptions,
                self.deploy,
                self.replica_usage,
                self.sender,
                self.letters,
                self.departures,
                self.coordinator,
                self.destruction,
            ]
            await self._start_services([*services, self.standby_relay, *self._supervision(supervise)])

    async def assist(self, supervise: bool = True) -> None:
        """Start the supervisor only, beside other platforms on the same home and database.

        Of all supervisors one acts, the others stand by (`dashboard.jobs.supervisor.lease`).

        Parameters
        ----------
        supervise : bool
            As for `start`.
        """
        self._home.make()
        async with self._stopped_on_error():
            await self._open()
            await self._start_services(
                [self.nodes, self.reference_cache, self.reference_staging, *self._supervision(supervise)]
            )

    def _supervision(self, supervise: bool) -> list[Service]:
        return [self.supervisor] if supervise else []

    @asynccontextmanager
    async def _stopped_on_error(self) -> AsyncIterator[None]:
        try:
            yield
        except BaseException as error:
            with suppress(DBAPIError):  # a damaged database also fails where the lease is returned
                await self.stop()
            if isinstance(error, DBAPIError):  # damage that the migration did not meet
                raise self.database.unusable(error) from error
            raise

    async def _open(self) -> None:
        """Migrate the database, and read the label of this platform."""
        await self.database.migrate()
        self.owner = await self._home.owner(self.database)
        self.stored_credentials = await encrypt_stored(self.database, self.credentials)
        self._opened = True

    async def stop(self) -> None:
        """Stop the services. What runs on the nodes runs on, and is found again at the next start."""
        await self._stop_services()
        if self._opened:
            self._opened = False
            await self.supervisor.stop()  # a single pass (`reconcile`) takes the lease, too
        self.live.close()
        await self.database.close()
        self._home.leave()

    async def require_sources(self, request: JobRequest, identity: Identity) -> None:
        """Return if an identity may see the dataset, the model and the node that a job names; `NotFound`."""
        sources = [("dataset", request.dataset), ("model", request.model), ("model", request.start)]
        if request.node != ANY:
            sources.append(("node", request.node))
        for kind, name in sources:
            if name:
                await self.access.require(identity, Action.READ, kind, name)

    async def submit(self, request: JobRequest, identity: Identity, parent: str | None = None) -> Job:
        """Check a request and create its job.

        Parameters
        ----------
        request : JobRequest
            What is asked for.
        identity : Identity
            Who owns the job.
        parent : str, optional
            Id of the job that this one runs again.

        Returns
        -------
        Job
            The job, queued.

        Raises
        ------
        Invalid
            If it cannot be run; with errors by field.
        NotFound
            If the identity may not see the dataset, the model or the node that the request names.
        QuotaExceeded
            If a quota does not allow it.
        """
        job = await self.jobs.create(await self.checked(request, identity), identity, parent)
        self.supervisor.wake()
        return job

    async def checked(self, request: JobRequest, identity: Identity) -> CheckedRequest:
        """Return a request that an identity may run; raises `Invalid` and `NotFound` as `submit` does."""
        require_member(identity, request.project)
        await self.require_sources(request, identity)
        check = self.prediction_check if request.model else self.check
        return await check.require(request, identity)

    async def run_held(self, job: str, request: JobRequest, identity: Identity) -> Job:
        """Check what was given for a held job, and queue it; if it cannot be run, it ends as ERROR.

        Parameters
        ----------
        job : str
            Its id.
        request : JobRequest
            What was given for it.
        identity : Identity
            Who lets it run.

        Raises
        ------
        Conflict
            If it is not held any more, or too many jobs of its owner wait: it stays held.
        QuotaExceeded
            If a quota does not allow it: it stays held.
        """
        try:
            checked = await self.checked(request, identity)
        except (Invalid, NotFound) as error:  # of what was given, such as the dataset
            await self.held.end(job, Phase.ERROR, error.detail, identity)
            return await self.jobs.get(job)
        released = await self.held.release(job, checked, identity)
        self.supervisor.wake()
        return released

    async def again(self, job: str, changes: Mapping[str, Any], identity: Identity) -> Job:
        """Run a job again.

        Parameters
        ----------
        job : str
            Id of the job before, which becomes the parent of the new one.
        changes : mapping
            What differs, as `JobRequest.changed` takes it.
        identity : Identity
            Who owns the new job.

        Returns
        -------
        Job
            The new job, queued.

        Raises
        ------
        Invalid, NotFound
            As `submit`; if there is no such job that the identity may see.
        """
        before = await self.jobs.get(job, identity)
        if before.action == ROUND:
            raise Conflict("This is a round of a learning session: restart the round, or fork the session.")
        return await self.submit(before.request().changed(changes), identity, parent=job)

    async def retry(self, job: str, identity: Identity) -> Job:
        """Request another attempt from the beginning; errors as `JobStore.retry`."""
        found = await self.jobs.retry(job, identity)
        self.supervisor.wake()
        return found

    async def resume(self, job: str, identity: Identity) -> Job:
        """Request another attempt from the last checkpoint; errors as `JobStore.resume`."""
        found = await self.jobs.resume(job, identity)
        self.supervisor.wake()
        return found

    async def abort(self, job: str, identity: Identity) -> Job:
        """Want a job ended; `Conflict` when it has ended."""
        found = await self.jobs.request_abort(job, identity)
        self.supervisor.wake()
        return found

    async def results(self, job: str, identity: Identity) -> JobResults:
        """Return the reader of the files of a job's last attempt.

        Parameters
        ----------
        job : str
            The job's id.
        identity : Identity
            Who reads.

        Returns
        -------
        JobResults
            Of the attempt's ``out/`` folder.

        Raises
        ------
        NotFound
            If there is no such job that the identity may see, or it has no attempt yet.
        """
        await self.jobs.get(job, identity)
        tried = await self.jobs.attempts(job)
        if not tried:
            raise NotFound(f"Job {job} has not begun yet: it has no files.")
        return JobResults(self.jobs.out_folder(tried[-1]))

    async def health(self) -> dict[str, Any]:
        """Return ``{"ok", "database", "supervisor", "nodes"}``; ok: the platform itself works."""
        async with self.database.read() as connection:
            await connection.execute(select(1))
        alive = self.supervisor.running
        nodes = {node.name: {"ok": node.ok, "reason": node.reason} for node in self.nodes.all()}
        return {"ok": alive, "database": True, "supervisor": alive, "nodes": nodes}

    def _nodes_changed(self) -> None:
        self.supervisor.wake()
        self.modules.descriptions.retry()

    def _maintenance_changed(self) -> None:
        self.supervisor.wake()

    def _deployment_changed(self, name: str) -> None:
        self.deployments.publish(name)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
