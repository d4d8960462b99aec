"""The services of data: datasets, where they come from, and their labels."""

from __future__ import annotations

from functools import cached_property

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
from dashboard.data.references.store import ReferenceRows
from dashboard.data.service import DataService
from dashboard.labels.service import LabelService
from dashboard.platform.catalog import CatalogServices
from dashboard.platform.use_of_data import UseOfData


class DataServices(CatalogServices):
    """The services of data."""

    @cached_property
    def _use(self) -> UseOfData:
        """Who needs datasets and label sets."""
        return UseOfData(self.database)

    @cached_property
    def data(self) -> DataService:
        """Datasets."""
        folder = self.settings.home / "data"
        return DataService(
            self.database,
            self.live,
            folder,
            self.settings.data,
            users=self._use.of_dataset,
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
        room = CacheRoom(rows, folder, limit=limit, in_use=self._use.read_now)
        return ReferenceCache(rows, folder, fetcher, room)

    @cached_property
    def references(self) -> ReferenceService:
        """Copies of reference datasets, and what of them is here."""
        return ReferenceService(self.reference_cache, self.data, self.quotas)

    @cached_property
    def labels(self) -> LabelService:
        """Label sets."""
        return LabelService(self.database, self.live, self.data, users=self._use.of_labels)

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
