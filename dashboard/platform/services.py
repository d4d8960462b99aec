"""The composition root: makes each service once and gives it what it depends on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cached_property

from sqlalchemy import select

from dashboard.auth.access import Access
from dashboard.auth.identity import SYSTEM, Accounts
from dashboard.auth.sharing import Sharing
from dashboard.cleanup.service import CleanUp
from dashboard.comparison.service import ComparisonService
from dashboard.data.acquisition.factory import SourceFactory
from dashboard.data.acquisition.schedule import AcquisitionSchedule
from dashboard.data.acquisition.service import AcquisitionService
from dashboard.data.acquisition.store.records import RecordRows
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.references.cache import ReferenceCache
from dashboard.data.references.fetching import MB, ReferenceFetcher
from dashboard.data.references.object_folder import ObjectFolder
from dashboard.data.references.room import CacheRoom
from dashboard.data.references.service import ReferenceService
from dashboard.data.references.staging import ReferenceStaging
from dashboard.data.references.store import ReferenceRows
from dashboard.data.service import DataService
from dashboard.data.store.datasets import DatasetStore
from dashboard.database.tables import attempts as attempts_table
from dashboard.database.tables import jobs as jobs_table
from dashboard.deployments import Deployments
from dashboard.home import Home
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.folder.round_labels import RoundLabels
from dashboard.jobs.folder.version_labels import VersionLabels
from dashboard.jobs.job import LIVE, AttemptState, JobFilter
from dashboard.jobs.store.annotation import JobAnnotations
from dashboard.jobs.store.held_jobs import HeldJobs
from dashboard.jobs.store.jobs import JobStore
from dashboard.jobs.submit.check import JobCheck
from dashboard.jobs.submit.learning import LearningCheck
from dashboard.jobs.submit.prediction import PredictionCheck
from dashboard.jobs.supervisor.completion import CompletionRecorder, Hook
from dashboard.jobs.supervisor.context import SupervisorContext
from dashboard.jobs.supervisor.lease import Lease
from dashboard.jobs.supervisor.standby_relay import StandbyRelay
from dashboard.jobs.supervisor.store import SupervisorStore
from dashboard.jobs.supervisor.supervisor import Supervisor
from dashboard.labels.service import LabelService
from dashboard.learning.coordinator import Coordinator
from dashboard.learning.service import LearningService
from dashboard.learning.store import SessionStore
from dashboard.models.store import ModelStore
from dashboard.modules.registry import Modules
from dashboard.modules.subscription import Subscriptions
from dashboard.nodes.administration import NodeAdministration
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.notifications.deployment_warnings import DeploymentWarnings
from dashboard.notifications.outbox import Outbox, tell_end
from dashboard.notifications.preferences import PreferenceStore
from dashboard.notifications.quota_warnings import QuotaWarnings
from dashboard.notifications.sender import NotificationSender
from dashboard.platform.administration import AdministrationServices
from dashboard.platform.departure import Deletes, Departures
from dashboard.platform.destruction import Destruction
from dashboard.publishing.offers import Offers
from dashboard.publishing.publications import PublicationStore
from dashboard.publishing.publisher import Publisher
from dashboard.publishing.workshop import Workshop
from dashboard.quotas.transfer import TransferQuotas
from dashboard.reports.labelling import ReportQueues
from dashboard.reports.model_queues import ModelQueues
from dashboard.reports.report_spectra import JobReports
from dashboard.reports.selection import ReportSelections
from dashboard.settings import Settings
from dashboard.settings.subscription import Subscription


async def nothing(_point: str) -> None:
    """Pass a crash point without a crash."""


class Services(AdministrationServices):
    """All services of a platform.

    Parameters
    ----------
    settings : Settings
        Settings of the platform.
    launchers : LauncherFactory
        Makes the nodes' launchers; tests pass their own.
    at : Hook
        Called at every point where a crash must be harmless; tests crash there.
    accounts : Accounts, optional
        From a user id to the identity with its roles and projects; by default those of the database.
    """

    def __init__(
        self,
        settings: Settings,
        launchers: LauncherFactory = make_launcher,
        at: Hook = nothing,
        accounts: Accounts | None = None,
    ) -> None:
        super().__init__(settings, settings.home, launchers, replicas="deployments")
        self._home = Home(settings.home)
        self._at = at
        self._identities = accounts or self.accounts.identity

    @cached_property
    def sharing(self) -> Sharing:
        """Changes who sees an object."""
        transfers = TransferQuotas(self.quotas)
        return Sharing(self.database, self.access, self.live, self._ownership_changed, transfers)

    @cached_property
    def departures(self) -> Departures:
        """Deletes accounts."""
        deletes: Mapping[str, Deletes] = {
            "deployment": self.deployments.delete,
            "job": self.jobs.delete,
            "learning_session": self.learning.delete,
            "model": self.models.delete,
            "label_set": self.labels.delete,
            "dataset": self.data.delete,
            "source": self.acquisitions.delete_source,
        }
        return Departures(self, deletes, self.jobs.request_abort, self._ownership_changed)

    async def _ownership_changed(self, kind: str) -> None:
        """Read again what is held in memory with its ownership; deployments follow their revision."""
        if kind == "node":
            await self.nodes.refresh()
        elif kind == "deployment":
            await self.deploy.refresh()
        elif kind == "module":
            await self.modules.refresh()

    @cached_property
    def access(self) -> Access:
        """Checks whether an identity may do something with one object."""
        return Access(self.database, self.nodes.authorize)

    @cached_property
    def administration(self) -> NodeAdministration:
        """Adds, changes and removes nodes."""
        return NodeAdministration(self.nodes, self.node_store, self.deployments.on_node)

    @cached_property
    def modules(self) -> Modules:
        """The modules of the catalog."""
        return Modules(
            self.settings.catalog_folder,
            self.settings.modules,
            self.database,
            self.live,
            self.nodes,
            published=self.published,
            owner=f"{self.owner}-describe",
        )

    @cached_property
    def publisher(self) -> Publisher:
        """Checks, builds and publishes modules."""
        return Publisher(
            PublicationStore(self.database),
            self.modules,
            Workshop(self.settings.modules),
            self.settings.home / "publications",
            review=self.settings.modules.review,
        )

    @cached_property
    def subscriptions(self) -> Subscriptions:
        """Follows the catalogs of other platforms."""
        own = self.settings.modules
        followed = [Subscription.parse(text) for text in own.catalogs]
        return Subscriptions(
            self.published.store, followed, own.source_networks, own.catalogs_every_s, self.modules.refresh
        )

    @cached_property
    def offers(self) -> Offers:
        """Changes what the market offers of publishers."""
        return Offers(self.modules, self.accounts.identity)

    @cached_property
    def data(self) -> DataService:
        """Datasets."""
        folder = self.settings.home / "data"
        return DataService(
            self.database,
            self.live,
            folder,
            self.settings.data,
            users=self._users_of_dataset,
            quotas=self.quotas,
            fill=self.reference_cache.ensure,
        )

    @cached_property
    def source_factory(self) -> SourceFactory:
        """Makes sources of spectra, with the clients that reach them."""
        settings = self.settings
        return SourceFactory(
            SourceStore(self.database),
            self.credentials,
            settings.home / "sources",
            settings.sources,
            settings.data.file_limit_mb,
        )

    @cached_property
    def reference_cache(self) -> ReferenceCache:
        """Brings files of reference datasets here."""
        settings, rows = self.settings, ReferenceRows(self.database)
        fetcher = ReferenceFetcher(
            self.source_factory,
            SourceStore(self.database),
            RecordRows(self.database),
            rows,
            settings=settings.sources,
            file_limit_mb=settings.data.file_limit_mb,
        )
        folder = ObjectFolder(settings.home / "cache", settings.home / "data")
        limit = settings.sources.cache_mb * MB
        room = CacheRoom(rows, folder, limit=limit, in_use=self._datasets_read)
        return ReferenceCache(rows, folder, fetcher, room)

    @cached_property
    def reference_staging(self) -> ReferenceStaging:
        """Brings what jobs need of reference datasets before they start."""
        store = DatasetStore(self.database)
        return ReferenceStaging(self.reference_cache, store, live=self._live_jobs, ready=self._staged)

    @cached_property
    def references(self) -> ReferenceService:
        """Copies of reference datasets, and what of them is here."""
        return ReferenceService(self.reference_cache, self.data, self.quotas)

    @cached_property
    def labels(self) -> LabelService:
        """Label sets."""
        return LabelService(self.database, self.live, self.data, users=self._users_of_labels)

    @cached_property
    def learning(self) -> LearningService:
        """Learning sessions."""
        return LearningService(
            SessionStore(self.database),
            data=self.data,
            labels=self.labels,
            jobs=self.jobs,
            live=self.live,
            check=self.learning_check,
        )

    @cached_property
    def coordinator(self) -> Coordinator:
        """Brings the rounds of learning sessions forward."""
        return Coordinator(
            self.learning,
            data=self.data,
            labels=self.labels,
            jobs=self.jobs,
            check=self.learning_check,
            accounts=self._identities,
            at=self._at,
            supervise=self.supervisor.wake,
        )

    @cached_property
    def acquisitions(self) -> AcquisitionService:
        """Sources of spectra, and acquisitions from them."""
        return AcquisitionService(
            self.database,
            self.data,
            self.live,
            cipher=self.credentials,
            settings=self.settings,
            accounts=self._identities,
            factory=self.source_factory,
        )

    @cached_property
    def acquisition_schedule(self) -> AcquisitionSchedule:
        """Asks sources for what is new, every night."""
        return AcquisitionSchedule(self.acquisitions, self._identities)

    @cached_property
    def models(self) -> ModelStore:
        """Models that jobs made."""
        return ModelStore(
            self.database,
            self.live,
            self.settings.home / "models",
            self.jobs.using_model,
            deployed=self.deploy.store.of_model,
        )

    @cached_property
    def jobs(self) -> JobStore:
        """Jobs and their attempts."""
        folder = self.settings.home / "jobs"
        most = self.settings.jobs.queued_per_user
        return JobStore(self.database, self.live, folder, most, self.quotas)

    @cached_property
    def held(self) -> HeldJobs:
        """Jobs that their clients let run, and times of destruction (UWS)."""
        return HeldJobs(self.database, self.jobs)

    @cached_property
    def destruction(self) -> Destruction:
        """Deletes jobs whose time has come."""
        return Destruction(self.held, self.jobs, self.supervisor.wake)

    @cached_property
    def inputs(self) -> JobInputs:
        """Datasets and models as inputs of jobs."""
        home = self.settings.home
        labels = RoundLabels(self.labels)
        versions = VersionLabels(self.labels, self.data.rows)
        return JobInputs(
            self.data.store,
            self.data.rows,
            home / "data",
            home / "models",
            labels=labels,
            versions=versions,
            references=self.reference_staging,
            jobs=home / "jobs",
        )

    @cached_property
    def reports(self) -> JobReports:
        """Reports of jobs."""
        return JobReports(self.jobs, self.data)

    @cached_property
    def annotations(self) -> JobAnnotations:
        """Labels, notes and tags of jobs."""
        return JobAnnotations(self.database, self.jobs)

    @cached_property
    def comparison(self) -> ComparisonService:
        """Runs side by side."""
        return ComparisonService(self.jobs, self.data, self.modules.headline)

    @cached_property
    def selections(self) -> ReportSelections:
        """Datasets of what is selected in reports."""
        return ReportSelections(self.jobs, self.data)

    @cached_property
    def report_queues(self) -> ReportQueues:
        """Queues of spectra to label, of what is selected in reports."""
        return ReportQueues(self.selections, self.labels)

    @cached_property
    def model_queues(self) -> ModelQueues:
        """Queues of spectra to label, in an order that jobs found."""
        return ModelQueues(self.jobs, self.data, self.labels)

    @cached_property
    def check(self) -> JobCheck:
        """Checks requests of jobs that train."""
        return JobCheck(
            self.modules,
            self.inputs,
            self.nodes,
            models=self.models,
            settings=self.settings.jobs,
            quotas=self.quotas,
            restrictions=self.restrictions,
        )

    @cached_property
    def learning_check(self) -> LearningCheck:
        """Checks rounds of learning sessions."""
        return LearningCheck(self.check, modules=self.modules, inputs=self.inputs)

    @cached_property
    def prediction_check(self) -> PredictionCheck:
        """Checks requests of jobs that predict."""
        return PredictionCheck(
            self.check,
            models=self.models,
            modules=self.modules,
            inputs=self.inputs,
            previews=self.data.previews,
            settings=self.settings.jobs,
        )

    @cached_property
    def cleanup(self) -> CleanUp:
        """What is stored, and what nobody refers to."""
        return CleanUp(self.database, self.settings.home, self.data, self.models)

    @cached_property
    def outbox(self) -> Outbox:
        """Notifications that are not sent yet."""
        return Outbox(self.database)

    @cached_property
    def preferences(self) -> PreferenceStore:
        """Notification settings of users."""
        told = self.settings.notifications
        return PreferenceStore(
            self.database,
            mail=bool(told.smtp_host),
            networks=told.webhook_networks,
            credentials=self.credentials,
        )

    @cached_property
    def quota_warnings(self) -> QuotaWarnings:
        """Writes warnings of quotas."""
        return QuotaWarnings(self.database, self.quota_overview, self._identities)

    @cached_property
    def deployment_warnings(self) -> DeploymentWarnings:
        """Writes warnings of deployments that fail."""
        return DeploymentWarnings(self.database, lambda: self.deployments.list(SYSTEM))

    @cached_property
    def sender(self) -> NotificationSender:
        """Sends notifications."""
        settings = self.settings
        return NotificationSender(
            self.outbox,
            self.preferences,
            self.jobs,
            settings.notifications,
            settings.server.address,
            warnings=(self.quota_warnings, self.deployment_warnings),
        )

    @cached_property
    def supervisor(self) -> Supervisor:
        """Runs the jobs."""
        lease = Lease(self.database, self.settings.home / "supervisors", self.settings.jobs.lease_s)
        store = SupervisorStore(self.database, lease, tell_end)
        return Supervisor(
            SupervisorContext(
                store=store,
                lease=lease,
                jobs=self.jobs,
                inputs=self.inputs,
                nodes=self.nodes,
                recorder=CompletionRecorder(store, self.jobs, self.models, self._at),
                live=self.live,
                settings=self.settings.jobs,
                image=self.modules.images.fetch,
                image_name=self.modules.images.name,
                third_party=self.modules.third_party,
                owner=f"{self.owner}-jobs",
                at=self._at,
                home_there=self._home.there,
                accounts=self._identities,
                quotas=self.quotas,
                maintenance=self.maintenance,
            )
        )

    @cached_property
    def standby_relay(self) -> StandbyRelay:
        """Publishes what the supervisor of another process does."""
        return StandbyRelay(self.database, self.jobs, self.live, lambda: self.supervisor.leads)

    @cached_property
    def deployments(self) -> Deployments:
        """Creates, changes, lists and deletes deployments."""
        return Deployments(
            self.database,
            service=self.deploy,
            models=self.models,
            modules=self.modules,
            nodes=self.nodes,
            live=self.live,
            quotas=self.quotas,
            restrictions=self.restrictions,
        )

    async def _users_of_labels(self, label_set: str) -> list[str]:
        """Return the open sessions that need a label set, and the jobs that learn from a version of it."""
        sessions = await self.learning.store.using_labels(label_set)
        named = jobs_table.c.input["labels"]["label_set"].as_string() == label_set
        async with self.database.read() as connection:
            query = select(jobs_table.c.id).where(jobs_table.c.phase.in_(LIVE), named)
            return [*sessions, *map(str, (await connection.execute(query)).scalars())]

    def _staged(self) -> None:
        """Let the supervisor place the jobs whose files are here now."""
        self.supervisor.wake()

    async def _datasets_read(self) -> set[str]:
        """Return the datasets that jobs read which have a node."""
        query = (
            select(jobs_table.c.dataset)
            .join(attempts_table, attempts_table.c.job == jobs_table.c.id)
            .distinct()
        )
        going = attempts_table.c.state.in_((AttemptState.INTENDED, AttemptState.LAUNCHED))
        async with self.database.read() as connection:
            return {str(one) for one in (await connection.execute(query.where(going))).scalars() if one}

    async def _live_jobs(self, jobs: Collection[str]) -> set[str]:
        """Return which of some jobs have not ended."""
        wanted = (jobs_table.c.id.in_(list(jobs)), jobs_table.c.phase.in_(LIVE))
        async with self.database.read() as connection:
            return set((await connection.execute(select(jobs_table.c.id).where(*wanted))).scalars())

    async def _users_of_dataset(self, dataset: str) -> list[str]:
        """Return the jobs that have not ended and need a dataset."""
        found = await self.jobs.list(JobFilter(phases=tuple(LIVE), dataset=dataset), identity=SYSTEM)
        return [job.id for job in found.items]
