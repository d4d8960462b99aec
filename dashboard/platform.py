"""The platform: all services, built from the settings, started and stopped together. No HTTP."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from sqlalchemy import select

from dashboard.auth.access import Access
from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.auth.sessions import Sessions
from dashboard.base.errors import NotFound
from dashboard.base.events import Live
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.deployments import Deployments
from dashboard.home import Home
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.folder.results import JobResults
from dashboard.jobs.job import LIVE, Job, JobFilter
from dashboard.jobs.request import JobRequest
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.submit.check import JobCheck
from dashboard.jobs.submit.prediction import PredictionCheck
from dashboard.jobs.supervisor.completion import CompletionRecorder, Hook
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import Lease
from dashboard.jobs.supervisor.standby_relay import StandbyRelay
from dashboard.jobs.supervisor.store import SupervisorStore
from dashboard.jobs.supervisor.supervisor import Supervisor
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.nodes.administration import NodeAdministration
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.nodes.ranking import ANY
from dashboard.nodes.registry import Nodes
from dashboard.nodes.store import NodeStore
from dashboard.notifications.outbox import Outbox, tell_end
from dashboard.notifications.preferences import PreferenceStore
from dashboard.notifications.sender import NotificationSender
from dashboard.reports.report_spectra import JobReports
from dashboard.settings import Settings

log = logging.getLogger(__name__)

PREPARE_SECONDS = 3600.0  # an image of gigabytes over a slow line


async def nothing(_point: str) -> None:
    """Pass a crash point without a crash."""


class Platform:
    """What the web application and the tests stand on: ``async with Platform(settings) as platform``.

    Parameters
    ----------
    settings : Settings
        Where everything lies and how it behaves.
    launchers : LauncherFactory
        Makes the nodes' launchers; tests give their own.
    at : Hook
        Called at every point where a crash must be harmless; tests crash there.
    """

    database: Database
    live: Live
    sessions: Sessions
    access: Access
    nodes: Nodes
    administration: NodeAdministration
    outbox: Outbox
    preferences: PreferenceStore
    sender: NotificationSender
    modules: Modules
    jobs: JobStore
    inputs: JobInputs
    check: JobCheck
    prediction_check: PredictionCheck
    data: DataService
    reports: JobReports
    models: ModelStore
    supervisor: Supervisor
    standby_relay: StandbyRelay
    deployments: Deployments

    def __init__(
        self, settings: Settings, launchers: LauncherFactory = make_launcher, at: Hook = nothing
    ) -> None:
        self.settings = settings
        self._launchers = launchers
        self._at = at
        self._home = Home(settings.home)
        self._services: tuple[str, ...] = ()
        self._supervising: asyncio.Task[None] | None = None

    async def start(self, supervise: bool = True) -> None:
        """Lock `home`, migrate, start the services.

        Parameters
        ----------
        supervise : bool
            False: the loop is not started; `supervisor.reconcile` does one pass (tests).

        Raises
        ------
        Conflict
            If another platform runs on this home.
        """
        self._home.take()
        await self._start("data", "nodes", "modules", "deployments", "sender", "standby_relay")
        if supervise:
            self._supervise()

    async def assist(self) -> None:
        """Supervise jobs beside other platforms on the same home and database, and do nothing else.

        Of all who supervise one acts, the others stand by (`dashboard.jobs.supervisor.lease`).
        """
        self._home.make()
        await self._start("nodes")
        self._supervise()

    async def _start(self, *services: str) -> None:
        try:
            await self._build()
            for name in services:
                self._services = (name, *self._services)
                await getattr(self, name).start()
        except BaseException:
            await self.stop()
            raise

    def _supervise(self) -> None:
        self._supervising = asyncio.create_task(self.supervisor.run(), name="supervisor")

    async def _build(self) -> None:
        settings, home = self.settings, self.settings.home
        self.database = Database(settings.database_url)
        await self.database.migrate()
        self.owner = await self._home.owner(self.database)
        self.live = Live()
        server = settings.server
        self.access = Access(self.database)
        self.sessions = Sessions(self.database, home, server.link_minutes, server.session_days)
        kept = NodeStore(self.database)
        self.nodes = Nodes(
            settings.nodes, home / "launchers", self.live, PREPARE_SECONDS, self._launchers, store=kept
        )
        self.administration = NodeAdministration(self.nodes, kept, self._deployed_on)
        self.modules = Modules(
            settings.catalog_folder,
            settings.modules,
            self.database,
            self.live,
            self.nodes,
            owner=f"{self.owner}-describe",
        )
        self.jobs = JobStore(self.database, self.live, home / "jobs", settings.jobs.queued_per_user)
        self.data = DataService(
            self.database, self.live, home / "data", settings.data, users=self._users_of_dataset
        )
        self.reports = JobReports(self.jobs, self.data)
        self.inputs = JobInputs(self.data.store, self.data.rows, home / "data", home / "models")
        self.check = JobCheck(self.modules, self.inputs, self.nodes, settings.jobs)
        told = settings.notifications
        self.outbox = Outbox(self.database)
        self.preferences = PreferenceStore(
            self.database, mail=bool(told.smtp_host), networks=told.webhook_networks
        )
        self.sender = NotificationSender(self.outbox, self.preferences, self.jobs, told, server.address)
        self.models = ModelStore(self.database, self.live, home / "models", self.jobs.using_model)
        lease = Lease(self.database, home / "supervisors", settings.jobs.lease_s)
        self.prediction_check = PredictionCheck(
            self.check,
            models=self.models,
            modules=self.modules,
            inputs=self.inputs,
            previews=self.data.previews,
            settings=settings.jobs,
        )
        supervisor_store = SupervisorStore(self.database, lease, tell_end)
        context = SupervisorContext(
            store=supervisor_store,
            lease=lease,
            jobs=self.jobs,
            inputs=self.inputs,
            nodes=self.nodes,
            recorder=CompletionRecorder(supervisor_store, self.jobs, self.models, self._at),
            live=self.live,
            settings=settings.jobs,
            image=self.modules.image,
            image_name=self.modules.image_name,
            owner=f"{self.owner}-jobs",
            at=self._at,
            home_there=self._home.there,
        )
        self.supervisor = Supervisor(context)
        self.standby_relay = StandbyRelay(self.database, self.jobs, self.live, lambda: self.supervisor.leads)
        self.nodes.changed = self._nodes_changed
        self.deployments = Deployments(
            self.database,
            models=self.models,
            modules=self.modules,
            nodes=self.nodes,
            live=self.live,
            folder=home / "deployments",
            owner=f"{self.owner}-deployments",
            limits=settings.predictions,
        )

    async def stop(self) -> None:
        """Stop watching. What runs on the nodes runs on, and is found again at the next start."""
        if self._supervising is not None:
            self._supervising.cancel()
            await asyncio.gather(self._supervising, return_exceptions=True)
            self._supervising = None
        for name in self._services:
            await getattr(self, name).stop()
        self._services = ()
        if hasattr(self, "supervisor"):
            await self.supervisor.stop()
        if hasattr(self, "live"):
            self.live.close()
        if hasattr(self, "database"):
            await self.database.close()
        self._home.leave()

    async def require_sources(self, request: JobRequest, identity: Identity) -> None:
        """Return if an identity may see the dataset, the model and the node that a job names; `NotFound`."""
        sources = [("dataset", request.dataset), ("model", request.model)]
        if request.node != ANY:
            sources.append(("node", request.node))
        for kind, name in sources:
            if name:
                await self.access.require(identity, Action.READ, kind, name)

    async def submit(self, request: JobRequest, identity: Identity, parent: str | None = None) -> Job:
        """Check and create a job; `Invalid` with errors by field."""
        await self.require_sources(request, identity)
        check = self.prediction_check if request.model else self.check
        job = await self.jobs.create(await check.require(request, identity), identity, parent)
        self.supervisor.wake()
        return job

    async def again(self, job: str, changes: Mapping[str, Any], identity: Identity) -> Job:
        """Run a job again with changes (see `JobRequest.changed`); the new job names its parent."""
        before = await self.jobs.get(job)
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

    async def results(self, job: str) -> JobResults:
        """Return the reader of the last attempt's files; `NotFound` when there is none yet."""
        await self.jobs.get(job)
        tried = await self.jobs.attempts(job)
        if not tried:
            raise NotFound(f"Job {job} has not begun yet: it has no files.")
        return JobResults(self.jobs.out_folder(tried[-1]))

    async def health(self) -> dict[str, Any]:
        """Return ``{"ok", "database", "supervisor", "nodes"}``; ok: the platform itself works."""
        async with self.database.read() as connection:
            await connection.execute(select(1))
        alive = self._supervising is not None and not self._supervising.done()
        nodes = {node.name: {"ok": node.ok, "reason": node.reason} for node in self.nodes.list()}
        return {"ok": alive, "database": True, "supervisor": alive, "nodes": nodes}

    def _nodes_changed(self) -> None:
        self.supervisor.wake()
        self.modules.retry()

    def _deployed_on(self, node: str) -> list[str]:
        """Return the deployments that name a node, in words."""
        return [f"deployment {one['name']}" for one in self.deployments.list() if node in one["nodes"]]

    async def _users_of_dataset(self, dataset: str) -> list[str]:
        """Return the jobs that have not ended and need a dataset."""
        found = await self.jobs.list(JobFilter(phases=tuple(LIVE), dataset=dataset))
        return [job.id for job in found.items]

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
