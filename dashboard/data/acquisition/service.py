"""What people ask of acquisitions. No HTTP."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dashboard.auth.identity import SYSTEM, Accounts, Identity
from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.base.credential_cipher import CredentialCipher
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.base.events import Live
from dashboard.base.paging import Page
from dashboard.data.acquisition.acquisition import (
    ENDED,
    WORKING,
    Acquisition,
    AcquisitionState,
    Choice,
    RecordFilter,
    RecordRow,
    SourceRow,
)
from dashboard.data.acquisition.factory import SourceFactory
from dashboard.data.acquisition.fetcher import Fetcher
from dashboard.data.acquisition.lister import Lister
from dashboard.data.acquisition.runner import AcquisitionRunner
from dashboard.data.acquisition.sky import cells
from dashboard.data.acquisition.source_service import SourceService
from dashboard.data.acquisition.store.acquisitions import AcquisitionStore
from dashboard.data.acquisition.store.records import RecordRows
from dashboard.data.acquisition.store.references import ReferenceListing
from dashboard.data.acquisition.store.sources import SourceStore
from dashboard.data.dataset import dataset_name
from dashboard.data.service import DataService
from dashboard.database.engine import Database
from dashboard.settings import Settings

MOST_RANGES = 200
RANGE = re.compile(r"(\d{1,12})(?:-(\d{1,12}))?")
State = AcquisitionState


class AcquisitionService:
    """Sources, and acquisitions from them.

    Parameters
    ----------
    database : Database
        Open and migrated before `start`.
    data : DataService
        Has the datasets.
    live : Live
        Told of progress.
    cipher : CredentialCipher
        Encrypts credentials.
    settings : Settings
        Of sources and data, and the home.
    accounts : Accounts
        Gives the identity of an owner.
    factory : SourceFactory
        Makes sources of rows.

    Attributes
    ----------
    sources : SourceService
        The sources.
    acquisitions, records : AcquisitionStore, RecordRows
        For lists.
    """

    def __init__(
        self,
        database: Database,
        data: DataService,
        live: Live,
        *,
        cipher: CredentialCipher,
        settings: Settings,
        accounts: Accounts,
        factory: SourceFactory,
    ) -> None:
        options = settings.sources
        store = SourceStore(database)
        self.acquisitions = AcquisitionStore(database)
        self.records = RecordRows(database)
        self._references = ReferenceListing(database)
        self._factory = factory
        self.sources = SourceService(store, self._factory, cipher, options.nightly_hour)
        self.runner = AcquisitionRunner(
            store,
            self.acquisitions,
            self.records,
            lister=Lister(self._factory, self.records, options.records),
            fetcher=Fetcher(self._factory, self.records, data, options),
            listing=self._references,
            data=data,
            live=live,
            accounts=accounts,
            at_once=options.at_once,
        )

    async def start(self) -> None:
        """Open the clients and go on with what was not ended."""
        await self._factory.start()
        await self.runner.start()

    async def stop(self) -> None:
        """Stop working; the next start goes on."""
        await self.runner.stop()
        await self._factory.stop()

    async def create(
        self,
        source: str,
        identity: Identity,
        *,
        name: str = "",
        auto: bool = False,
        only_new: bool = False,
        by_reference: bool = False,
    ) -> Acquisition:
        """List the records of a source.

        Parameters
        ----------
        source : str
            Its id.
        identity : Identity
            Who asks, and will own the dataset.
        name : str
            Of the dataset; empty: that of the source.
        auto : bool
            Whether all records are fetched once they are listed.
        only_new : bool
            Whether records that an earlier acquisition fetched are left out.
        by_reference : bool
            Whether the dataset points at the records: they are fetched when they are needed.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the source; may not change it.
        """
        row = await self.sources.get(source, identity, Action.CHANGE)
        values = {"auto": auto, "only_new": only_new, "name": dataset_name(name or row.name)}
        values["by_reference"] = by_reference
        found = await self.acquisitions.create(row.id, identity.user, project=row.project, **values)
        self.runner.ask(found.id)
        return found

    async def get(
        self, source: str, acquisition: str, identity: Identity = SYSTEM, action: Action = Action.READ
    ) -> tuple[SourceRow, Acquisition]:
        """Return a source and one of its acquisitions.

        Parameters
        ----------
        source, acquisition : str
            Their ids.
        identity : Identity
            Who asks.
        action : Action
            What it is about to do.

        Raises
        ------
        NotFound, Denied
            If the identity may not see the source; may see it, but not do this.
        """
        row = await self.sources.get(source, identity, action)
        return row, await self.acquisitions.get(acquisition, source)

    async def begin(
        self,
        source: str,
        acquisition: str,
        identity: Identity,
        *,
        choice: Choice,
        name: str = "",
        by_reference: bool = False,
    ) -> Acquisition:
        """Fetch the records of a choice into a new dataset.

        Parameters
        ----------
        source, acquisition : str
            Their ids.
        identity : Identity
            Who asks.
        choice : Choice
            Which records.
        name : str
            Of the dataset; empty: as it was given before.
        by_reference : bool
            Whether the dataset points at the records, as for `create`.

        Raises
        ------
        Conflict
            If its records are not listed, or it was begun before.
        Invalid
            If no record is chosen, or the name cannot be used.
        QuotaExceeded
            If a quota does not allow it.
        """
        row, found = await self.get(source, acquisition, identity, Action.CHANGE)
        if found.state is not State.LISTED:
            raise Conflict(f"This acquisition is {found.state}: only one whose records are listed can begin.")
        if name or by_reference:
            values = {"name": dataset_name(name or found.name), "by_reference": by_reference}
            await self.acquisitions.set(acquisition, **values)
            found = await self.acquisitions.get(acquisition)
        if not await self.runner.begin(found, row, choice):
            raise Invalid("No record is chosen.", [FieldError("numbers", "name records of the list")])
        self.runner.ask(acquisition)
        return await self.acquisitions.get(acquisition)

    async def halt(self, source: str, acquisition: str, identity: Identity) -> Acquisition:
        """Stop an acquisition; what was fetched stays, and is read.

        Parameters
        ----------
        source, acquisition : str
            Their ids.
        identity : Identity
            Who asks.

        Raises
        ------
        Conflict
            If nothing is being done for it.
        """
        row, found = await self.get(source, acquisition, identity, Action.CHANGE)
        if found.state not in {State.LISTING, State.FETCHING}:
            raise Conflict(f"This acquisition is {found.state}: there is nothing to stop.")
        await self.runner.interrupt(acquisition)
        await self.acquisitions.move(acquisition, (State.LISTING,), State.STOPPED, ended=clock.now())
        await self.acquisitions.move(acquisition, (State.FETCHING,), State.INDEXING)
        found = await self.acquisitions.get(acquisition)
        if found.state is State.INDEXING:  # also where the last record came while it was being stopped
            self.runner.ask(acquisition)
        self.runner.tell(row, found)
        return found

    async def again(
        self, source: str, acquisition: str, identity: Identity, *, only_failed: bool
    ) -> Acquisition:
        """Fetch once more: what failed or was not tried into the same dataset, or everything into a new one.

        Parameters
        ----------
        source, acquisition : str
            Their ids.
        identity : Identity
            Who asks.
        only_failed : bool
            False: the records are listed anew, and all are fetched.

        Returns
        -------
        Acquisition
            The same one, or the new one.

        Raises
        ------
        Conflict
            If it has not ended, or nothing of it failed.
        """
        row, found = await self.get(source, acquisition, identity, Action.CHANGE)
        if not only_failed:
            by = found.by_reference
            return await self.create(source, identity, name=found.name, auto=True, by_reference=by)
        if found.by_reference:
            raise Conflict("Its dataset points at the records: they are fetched when they are needed.")
        if found.state not in ENDED or found.dataset is None:
            raise Conflict(f"This acquisition is {found.state}: nothing of it can be fetched again.")
        queued = await self.records.queue_failed(acquisition)
        if not queued and not found.queued:
            raise Conflict("No record of this acquisition failed that has a link.")
        values: dict[str, Any] = {"fault": "", "detail": "", "ended": None}
        await self.acquisitions.move(acquisition, ENDED, State.FETCHING, **values)
        self.runner.ask(acquisition)
        found = await self.acquisitions.get(acquisition)
        self.runner.tell(row, found)
        return found

    async def delete(self, source: str, acquisition: str, identity: Identity) -> None:
        """Delete an acquisition with its list of records; its dataset stays.

        Parameters
        ----------
        source, acquisition : str
            Their ids.
        identity : Identity
            Who asks.

        Raises
        ------
        Conflict
            If the platform works at it.
        """
        _, found = await self.get(source, acquisition, identity, Action.CHANGE)
        if found.state in WORKING:
            raise Conflict(f"This acquisition is {found.state}: stop it first.")
        await self._require_unreferenced([acquisition], identity)
        await self.acquisitions.delete(acquisition)

    async def delete_source(self, source: str, identity: Identity = SYSTEM) -> None:
        """Delete a source with its history; what is being fetched is stopped, datasets stay."""
        await self.sources.get(source, identity, Action.DELETE)
        found = (await self.acquisitions.of_source(source, size=200)).items
        await self._require_unreferenced([one.id for one in found if one.by_reference], identity)
        for one in found:
            await self.runner.interrupt(one.id)
        await self.sources.delete(source, identity)

    async def _require_unreferenced(self, acquisitions: Sequence[str], identity: Identity) -> None:
        """Return if no dataset needs these lists; the platform itself may delete them all the same."""
        if identity is SYSTEM or not acquisitions:
            return
        if count := await self._references.pointing_at(acquisitions):
            what = "One dataset points" if count == 1 else f"{count} datasets point"
            raise Conflict(f"{what} at its records: pin or delete {'it' if count == 1 else 'them'} first.")

    async def shown(
        self, acquisition: Acquisition, wanted: RecordFilter, page: int, size: int
    ) -> Page[RecordRow]:
        """Return one page of the records of an acquisition.

        Parameters
        ----------
        acquisition : Acquisition
            Whose.
        wanted : RecordFilter
            Which.
        page, size : int
            Number of the page from 1; records on a page.
        """
        return await self.records.search(acquisition.id, wanted, page, size, acquisition.listed)

    async def sky(self, acquisition: Acquisition) -> list[dict[str, float]]:
        """Return the cells of a map of the sky in which records lie."""
        return cells(await self.records.positions(acquisition.id, acquisition.listed))


def ranges_of(text: str) -> Sequence[tuple[int, int]]:
    """Return ranges of numbers such as ``1-50,60``; an empty text: none, which stands for all.

    Raises
    ------
    Invalid
        If it is something else, or too much.
    """
    parts = [part.strip() for part in text.split(",") if part.strip()]
    found = [RANGE.fullmatch(part) for part in parts]
    if len(parts) > MOST_RANGES or not all(found):
        said = f"must be numbers and ranges such as 1-50,60, at most {MOST_RANGES} of them"
        raise Invalid("The choice cannot be used.", [FieldError("numbers", said)])
    return [(int(one[1]), int(one[2] or one[1])) for one in found if one]
