"""The services of administration: quotas and who has used what."""

from __future__ import annotations

from functools import cached_property

from dashboard.platform.people import PeopleServices
from dashboard.quotas.overview import QuotaOverview
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
