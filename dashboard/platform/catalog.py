"""The modules that the market offers, and what publishers do with them."""

from __future__ import annotations

from functools import cached_property

from dashboard.modules.registry import Modules
from dashboard.modules.subscription import Subscriptions
from dashboard.platform.administration import AdministrationServices
from dashboard.publishing.offers import Offers
from dashboard.publishing.publications import PublicationStore
from dashboard.publishing.publisher import Publisher
from dashboard.publishing.workshop import Workshop
from dashboard.settings.subscription import Subscription


class CatalogServices(AdministrationServices):
    """The modules that the market offers, and what publishers do with them."""

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
