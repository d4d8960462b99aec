"""The services of administration: quotas, restrictions, announcements, maintenance."""

from __future__ import annotations

from functools import cached_property

from dashboard.administration.announcements import AnnouncementStore
from dashboard.administration.maintenance import Maintenance
from dashboard.administration.state import PlatformState
from dashboard.platform.people import PeopleServices
from dashboard.quotas.overview import QuotaOverview
from dashboard.quotas.restriction import RestrictionStore
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import QuotaStore


class AdministrationServices(PeopleServices):
    """What administrators see and set."""

    @cached_property
    def quotas(self) -> Quotas:
        """How much people and projects may have."""
        store = QuotaStore(self.database, self.settings.quotas)
        return Quotas(self.database, store, self._identities)

    @cached_property
    def quota_overview(self) -> QuotaOverview:
        """What everybody may have and has."""
        return QuotaOverview(self.database, self.quotas, self._identities)

    @cached_property
    def restrictions(self) -> RestrictionStore:
        """Who may use which module."""
        return RestrictionStore(self.database)

    @cached_property
    def announcements(self) -> AnnouncementStore:
        """What is said above every page."""
        return AnnouncementStore(self.database)

    @cached_property
    def maintenance(self) -> Maintenance:
        """Whether anything new is taken."""
        return Maintenance(self.database, self._maintenance_changed)

    @cached_property
    def state(self) -> PlatformState:
        """Versions, database and disk."""
        return PlatformState(self.database, self.settings.home)

    def _maintenance_changed(self) -> None:
        """Tell the supervisor, which starts nothing while the maintenance lasts."""
