"""The services of jobs: requests, runs and their results, models and deployments."""

from __future__ import annotations

from functools import cached_property

from dashboard.comparison.service import ComparisonService
from dashboard.data.references.staging import ReferenceStaging
from dashboard.data.store.datasets import DatasetStore
from dashboard.deployments import Deployments
from dashboard.home import Home
from dashboard.jobs.folder.inputs import JobInputs
from dashboard.jobs.folder.round_labels import RoundLabels
from dashboard.jobs.folder.version_labels import VersionLabels
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
from dashboard.learning.coordinator import Coordinator
from dashboard.learning.service import LearningService
from dashboard.learning.store import SessionStore
from dashboard.models.store import ModelStore
from dashboard.notifications.outbox import tell_end
from dashboard.platform.data import DataServices
from dashboard.platform.destruction import Destruction
from dashboard.reports.labelling import ReportQueues
from dashboard.reports.model_queues import ModelQueues
from dashboard.reports.report_spectra import JobReports
from dashboard.reports.selection import ReportSelections


class JobServices(DataServices):
    """The services of jobs.

    Attributes
    ----------
    _at : callable
        Called at every point where a crash must be harmless; set by the constructor of `Services`.
    _home : Home
        The folder of the platform; set there, too.
    """

    _at: Hook
    _home: Home

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
    def reference_staging(self) -> ReferenceStaging:
        """Brings what jobs need of reference datasets before they start."""
        store = DatasetStore(self.database)
        return ReferenceStaging(self.reference_cache, store, live=self._use.live_of, ready=self._staged)

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

    def _staged(self) -> None:
        """Let the supervisor place the jobs whose files are here now."""
        self.supervisor.wake()
