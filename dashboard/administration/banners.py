"""What stands above every page: announcements, and that the platform is under maintenance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.administration.announcements import AnnouncementStore
from dashboard.administration.maintenance import Maintenance


@dataclass(frozen=True)
class Banners:
    """The announcements that somebody has not dismissed, and the maintenance mode while it is on."""

    announcements: Sequence[Mapping[str, Any]]
    maintenance: Mapping[str, Any] | None


async def banners_of(maintenance: Maintenance, announcements: AnnouncementStore, user: str) -> Banners:
    """Return what stands above the pages of somebody.

    Parameters
    ----------
    maintenance : Maintenance
        The mode.
    announcements : AnnouncementStore
        All announcements.
    user : str
        Who looks at the page; empty: nobody is signed in.
    """
    mode = await maintenance.mode()
    shown = await announcements.shown(user)
    return Banners([one.to_json() for one in shown], mode.to_json() if mode else None)
