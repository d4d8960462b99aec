"""Asks sources for what is new, every night."""

from __future__ import annotations

import logging

from dashboard.auth.identity import Accounts, Role
from dashboard.base import clock
from dashboard.base.errors import ServiceError
from dashboard.base.periodic import Periodic
from dashboard.data.acquisition.acquisition import SourceRow
from dashboard.data.acquisition.service import AcquisitionService

log = logging.getLogger(__name__)
LOOK_S = 60.0


class AcquisitionSchedule:
    """Begins the acquisitions of schedules.

    Parameters
    ----------
    service : AcquisitionService
        Makes them.
    accounts : Accounts
        Gives the identity of an owner: nothing is fetched for who may not.
    """

    def __init__(self, service: AcquisitionService, accounts: Accounts) -> None:
        self._service = service
        self._accounts = accounts
        self._looking = Periodic(self.begin_due, LOOK_S, log, "the schedule of sources could not be read")

    async def start(self) -> None:
        """Begin to look for what is due."""
        self._looking.start()

    async def stop(self) -> None:
        """Stop looking."""
        await self._looking.stop()

    async def begin_due(self) -> list[str]:
        """Begin what is due, and return the ids of the acquisitions."""
        begun = []
        sources = self._service.sources
        for row in await sources.store.due(clock.now()):
            # First the next date: a source whose run fails is not asked again at once.
            await sources.store.change(row.id, next_run=sources.next_run(row.schedule))
            if made := await self._begin(row):
                begun.append(made)
        return begun

    async def _begin(self, row: SourceRow) -> str:
        identity = await self._accounts(row.owner)
        if not identity.has(Role.USER):
            return ""
        try:
            name = f"{row.name} {clock.now()[:10]}"
            made = await self._service.create(row.id, identity, name=name, auto=True, only_new=True)
        except ServiceError as error:
            log.warning("the nightly acquisition of source %s did not begin: %s", row.id, error)
            return ""
        return made.id
