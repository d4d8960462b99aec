"""The composition root: makes each service once and gives it what it depends on."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from dashboard.auth.access import Access
from dashboard.auth.identity import SYSTEM, Accounts
from dashboard.auth.sharing import Sharing
from dashboard.cleanup.service import CleanUp
from dashboard.home import Home
from dashboard.jobs.supervisor.completion import Hook
from dashboard.nodes.administration import NodeAdministration
from dashboard.nodes.launcher_factory import LauncherFactory, make_launcher
from dashboard.notifications.deployment_warnings import DeploymentWarnings
from dashboard.notifications.outbox import Outbox
from dashboard.notifications.preferences import PreferenceStore
from dashboard.notifications.quota_warnings import QuotaWarnings
from dashboard.notifications.sender import NotificationSender
from dashboard.platform.departure import Deletes, Departures
from dashboard.platform.jobs import JobServices
from dashboard.quotas.transfer import TransferQuotas
from dashboard.settings import Settings


async def nothing(_point: str) -> None:
    """Pass a crash point without a crash."""


class Services(JobServices):
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
