"""Announcements: sentences above every page, for a time, until each reader has dismissed them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, absent, authorize
from dashboard.base import clock
from dashboard.base.errors import FieldError, Invalid
from dashboard.base.ids import new_identifier
from dashboard.database.engine import Database
from dashboard.database.tables import announcement_dismissals, announcements

ADMINISTRATION = Resource("administration")
LONGEST = 1000  # characters


class Level(StrEnum):
    """How urgent an announcement is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True)
class Announcement:
    """An announcement; `since` and `until` are None where it is shown at once, or until it is deleted."""

    id: str
    text: str
    level: str
    since: str | None
    until: str | None
    by: str
    created: str

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return asdict(self)

    @property
    def current(self) -> bool:
        """Whether it is shown now."""
        now = clock.now()
        return (self.since is None or self.since <= now) and (self.until is None or now < self.until)


class AnnouncementStore:
    """Reads and writes announcements.

    Parameters
    ----------
    database : Database
        Open and migrated.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Announcement]:
        """Return all announcements, the newest first."""
        query = select(announcements).order_by(announcements.c.created.desc(), announcements.c.id.desc())
        async with self._database.read() as connection:
            return [Announcement(**row) for row in (await connection.execute(query)).mappings()]

    async def shown(self, user: str) -> list[Announcement]:
        """Return what a person is shown now; `user` is empty for somebody who is not signed in."""
        current = [one for one in await self.all() if one.current]
        if not current or not user:
            return current
        mine = announcement_dismissals.c.user == user
        query = select(announcement_dismissals.c.announcement).where(mine)
        async with self._database.read() as connection:
            dismissed = set((await connection.execute(query)).scalars())
        return [one for one in current if one.id not in dismissed]

    async def create(
        self,
        identity: Identity,
        text: str,
        level: Level = Level.INFO,
        since: str | None = None,
        until: str | None = None,
    ) -> Announcement:
        """Announce something.

        Parameters
        ----------
        identity : Identity
            An administrator.
        text : str
            What is said; plain text.
        level : Level
            How urgent it is.
        since, until : str or None
            When it is shown, ISO 8601; None: from now, until it is deleted.

        Raises
        ------
        Denied
            If the identity is no administrator.
        Invalid
            If the text or a time cannot be used, by field.
        """
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        text, since, until = words_of(text, since, until)
        made = Announcement(new_identifier(), text, str(level), since, until, identity.user, clock.now())
        async with self._database.write() as connection:
            await connection.execute(insert(announcements).values(made.to_json()))
        return made

    async def delete(self, announcement: str, identity: Identity) -> None:
        """Delete an announcement.

        Parameters
        ----------
        announcement : str
            Its id.
        identity : Identity
            An administrator.

        Raises
        ------
        Denied
            If the identity is none.
        NotFound
            If there is no such announcement.
        """
        authorize(identity, Action.CHANGE, ADMINISTRATION)
        gone = announcement_dismissals.c.announcement == announcement
        async with self._database.write() as connection:
            done = await connection.execute(delete(announcements).where(announcements.c.id == announcement))
            await connection.execute(delete(announcement_dismissals).where(gone))
        if not done.rowcount:
            raise absent("announcement", announcement)

    async def dismiss(self, announcement: str, user: str) -> None:
        """Show an announcement to a person no more; `NotFound` where there is none."""
        if announcement not in {one.id for one in await self.all()}:
            raise absent("announcement", announcement)
        row = {"announcement": announcement, "user": user}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(announcement_dismissals).values(row))
        except IntegrityError:
            return  # it was dismissed before


def words_of(
    text: str, since: str | None, until: str | None, *, required: bool = True
) -> tuple[str, str | None, str | None]:
    """Return a text and two times as they are stored.

    Parameters
    ----------
    text : str
        Printable; line breaks become spaces.
    since, until : str or None
        ISO 8601; without a zone: UTC.
    required : bool
        Whether the text may not be empty.

    Raises
    ------
    Invalid
        If one of them cannot be used, by field.
    """
    errors: list[FieldError] = []
    text = " ".join(text.split())
    if (required and not text) or len(text) > LONGEST or not text.isprintable():
        errors.append(FieldError("text", f"must have 1 to {LONGEST} printable characters"))
    times: dict[str, str | None] = {}
    for field, given in (("since", since), ("until", until)):
        try:
            times[field] = clock.stamp(clock.parse(given)) if given else None
        except (ValueError, OverflowError):
            errors.append(FieldError(field, "must be a time such as 2026-12-01T18:00:00Z"))
    if not errors and times["until"] and times["until"] <= (times["since"] or clock.now()):
        errors.append(FieldError("until", "must be later than now, and than the beginning"))
    if errors:
        raise Invalid("This cannot be announced so.", errors)
    return text, times["since"], times["until"]
