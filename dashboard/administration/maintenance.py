"""Maintenance mode: what runs is finished, nothing new is taken. Kept in the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from sqlalchemy import delete, insert, select

from dashboard.administration.announcements import words_of
from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base import clock
from dashboard.base.errors import ServiceError
from dashboard.database.engine import Database
from dashboard.database.tables import platform_facts

FACT = "maintenance"
ADMINISTRATION = Resource("administration")
RETRY_S = 600  # what callers are told to wait where no end is known
LONGEST_RETRY_S = 86_400


class InMaintenance(ServiceError):
    """Nothing new is taken now; `retry_s` is when to ask again."""

    status: ClassVar[int] = 503
    kind: ClassVar[str] = "maintenance"
    title: ClassVar[str] = "Under maintenance"

    def __init__(self, detail: str, retry_s: int) -> None:
        super().__init__(detail)
        self.retry_s = retry_s


@dataclass(frozen=True)
class MaintenanceMode:
    """The mode while it is on.

    Attributes
    ----------
    since, by : str
        When it began, and who began it.
    text : str
        What people are told; may be empty.
    until : str or None
        When it is expected to end; it does not end by itself.
    """

    since: str
    by: str
    text: str = ""
    until: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    def error(self) -> InMaintenance:
        """Return the error of a request for something new."""
        told = f" {self.text}" if self.text else ""
        seconds = RETRY_S
        if self.until:
            seconds = min(max(int(-clock.seconds_since(self.until)), RETRY_S // 10), LONGEST_RETRY_S)
        return InMaintenance(
            f"The platform is under maintenance and takes nothing new.{told} What runs goes on, reading and "
            "predictions of deployments go on; try again later.",
            seconds,
        )


class Maintenance:
    """Reads and changes the mode.

    Parameters
    ----------
    database : Database
        Open and migrated.
    changed : callable
        Called after a change.
    """

    def __init__(self, database: Database, changed: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._changed = changed

    async def mode(self) -> MaintenanceMode | None:
        """Return the mode, or None while it is off."""
        query = select(platform_facts.c.value).where(platform_facts.c.name == FACT)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        return None if found is None else MaintenanceMode(**json.loads(found))

    async def require_open(self) -> None:
        """Return if something new is taken; else `InMaintenance`."""
        mode = await self.mode()
        if mode is not None:
            raise mode.error()

    async def set(
        self, identity: Identity, *, on: bool, text: str = "", until: str | None = None
    ) -> MaintenanceMode | None:
        """Begin or end the maintenance.

        Parameters
        ----------
        identity : Identity
            An administrator.
        on : bool
            Whether nothing new is taken from now on.
        text : str
            What people are told.
        until : str or None
            When it is expected to end, ISO 8601.

        Raises
        ------
        Denied
            If the identity is no administrator.
        Invalid
            If the text or the time cannot be used.
        """
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        mode = None
        if on:
            text, _, until = words_of(text, None, until, required=False)
            mode = MaintenanceMode(clock.now(), identity.user, text, until)
        async with self._database.write() as connection:
            await connection.execute(delete(platform_facts).where(platform_facts.c.name == FACT))
            if mode is not None:
                row = {"name": FACT, "value": json.dumps(mode.to_json())}
                await connection.execute(insert(platform_facts).values(row))
        self._changed()
        return mode
