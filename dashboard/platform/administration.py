"""The services of administration: quotas, restrictions, announcements, maintenance."""

from __future__ import annotations

from functools import cached_property

from dashboard.administration.announcements import AnnouncementStore
from dashboard.administration.maintenance import Maintenance
from dashboard.administration.state import PlatformState
from dashboard.market.figures import Figures
from dashboard.market.popularity import Popularity
from dashboard.market.stars import Stars
from dashboard.modules.published import Published
from dashboard.modules.signing import SigningKey
from dashboard.modules.versions import VersionStore
from dashboard.platform.people import PeopleServices
from dashboard.quotas.overview import QuotaOverview
from dashboard.quotas.restriction import RestrictionStore
from dashboard.quotas.service import Quotas
from dashboard.quotas.store import QuotaStore
from dashboard.settings.subscription import Subscription


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
        return RestrictionStore(self.database, self.published.visible)

    @cached_property
    def published(self) -> Published:
        """The modules of publishers."""
        home = self.settings.home
        keys = {one.name: one.key for one in map(Subscription.parse, self.settings.modules.catalogs)}
        key = SigningKey(home / "signing.key")
        return Published(VersionStore(self.database), key, home / "published", keys)

    @cached_property
    def popularity(self) -> Popularity:
        """How much modules are used."""
        return Popularity(self.database)

    @cached_property
    def figures(self) -> Figures:
        """Use and leaderboards of modules."""
        return Figures(self.database, self.popularity)

    @cached_property
    def stars(self) -> Stars:
        """Who likes which module."""
        return Stars(self.database)

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
