"""Versions of label sets: made of the log, and read again as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import IntegrityError

from dashboard.auth.identity import SYSTEM, Identity
from dashboard.auth.policy import Action
from dashboard.base import clock
from dashboard.base.errors import Conflict
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.labels.current import CurrentLabels
from dashboard.labels.label_set import KIND, GetLabelSet, LabelSet
from dashboard.labels.store.log import LabelLog
from dashboard.labels.store.versions import LabelVersionStore
from dashboard.labels.version import LabelVersion, VersionLabel, digest

LONGEST_NOTE = 500


class VersionService:
    """Versions.

    Parameters
    ----------
    store : LabelVersionStore
        Where they are.
    log : LabelLog
        What they are made of.
    get : callable
        Returns a label set with which an identity may do something.
    live : Live
        Told of new ones.
    """

    def __init__(self, store: LabelVersionStore, log: LabelLog, get: GetLabelSet, live: Live) -> None:
        self._store = store
        self._log = log
        self._get = get
        self._live = live

    async def create(self, label_set: str, identity: Identity, note: str = "") -> LabelVersion:
        """Return the version of the log as it is now; it is made unless the newest is the same.

        Parameters
        ----------
        label_set : str
            Of which set.
        identity : Identity
            May label in it.
        note : str
            For people.

        Raises
        ------
        Conflict
            If there is no label yet.
        NotFound, Denied
            If the identity may not see the set; if it may not label in it.
        """
        found = await self._get(label_set, identity, Action.LABEL)
        versions = await self._store.of_set(found.id)
        newest = versions[0] if versions else None
        if newest is not None and newest.last_event == found.events:
            return newest
        state = await self._up_to(found.id, found.events)
        labels = state.labels()
        if not labels:
            raise Conflict(f"{found.name} has no label that counts yet: a version would be empty.")
        row: dict[str, Any] = {
            "id": new_identifier(),
            "label_set": found.id,
            "number": newest.number + 1 if newest else 1,
            "parent": newest.id if newest else None,
            "last_event": state.last,
            "sha256": digest(labels),
            "counts": state.counts(),
            "note": " ".join(note.split())[:LONGEST_NOTE],
            "creator": identity.user,
            "created": clock.now(),
        }
        try:
            await self._store.insert(row)
        except IntegrityError:  # somebody else has just made one
            return (await self._store.of_set(found.id))[0]
        self._live.publish(f"{KIND}:{found.id}", "version", {"number": row["number"]})
        return LabelVersion(**row)

    async def of_set(self, label_set: str, identity: Identity) -> list[LabelVersion]:
        """Return the versions of a label set, the newest first."""
        return await self._store.of_set((await self._get(label_set, identity)).id)

    async def offered(self, label_sets: Sequence[LabelSet]) -> list[dict[str, Any]]:
        """Return the versions of label sets that somebody may read, for a choice: the newest first."""
        named = {one.id: one for one in label_sets}
        return [
            {
                "id": version.id,
                "number": version.number,
                "name": named[version.label_set].name,
                "dataset": named[version.label_set].dataset,
                "classes": version.counts["classes"],
            }
            for version in await self._store.of_sets(list(named))
        ]

    async def get(self, version: str, identity: Identity = SYSTEM) -> tuple[LabelSet, LabelVersion]:
        """Return a version by its id, with its label set; `NotFound` where there is none to see."""
        found = await self._store.by_id(version, identity)
        return await self._get(found.label_set, identity), found

    async def numbered(self, label_set: str, number: int, identity: Identity) -> LabelVersion:
        """Return a version by its number; `NotFound` where there is none.

        Parameters
        ----------
        label_set : str
            Of which set.
        number : int
            1, 2, …
        identity : Identity
            May read the set.
        """
        return await self._store.get((await self._get(label_set, identity)).id, number)

    async def labels(self, version: LabelVersion) -> list[VersionLabel]:
        """Return the labels of a version, by the number that their spectra had; always the same."""
        return (await self._up_to(version.label_set, version.last_event)).labels()

    async def _up_to(self, label_set: str, last: int) -> CurrentLabels:
        state = CurrentLabels()
        async for events in self._log.read(label_set, last=last):
            state.add(events)
        return state
