"""Adding events to a log: each is checked by itself, and all that are right are stored in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from dashboard.base import clock
from dashboard.database.engine import Database
from dashboard.labels.event import ANSWERS, Appended, EventKind, LabelEvent, NewEvent, RejectedEvent
from dashboard.labels.label_set import LabelSet
from dashboard.labels.queue import Queue
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.labels.store.log import LabelLog
from dashboard.labels.store.queues import QueueStore
from dashboard.labels.store.spectra import LabelledSpectra

LEFT = "the dataset has no spectrum {row} any more, and it is in no queue that says which one it was"
FOREIGN_KEY = "somebody else has used this key"
NOT_YOURS = "there is no event {key} of yours about this spectrum to undo"


class Appender:
    """Adds events.

    Parameters
    ----------
    database : Database
        Open and migrated.
    log : LabelLog
        Where they go.
    queues : QueueStore
        Told what is done.
    spectra : LabelledSpectra
        Says which spectrum a number means.
    """

    def __init__(
        self, database: Database, log: LabelLog, queues: QueueStore, spectra: LabelledSpectra
    ) -> None:
        self._database = database
        self._log = log
        self._queues = queues
        self._spectra = spectra

    async def append(self, label_set: LabelSet, events: Sequence[NewEvent], labeller: str) -> Appended:
        """Add events of one labeller, in their order.

        Parameters
        ----------
        label_set : LabelSet
            Where to.
        events : sequence of NewEvent
            As they were sent.
        labeller : str
            User id.

        Returns
        -------
        Appended
            What became of each key.
        """
        rejected: dict[str, str] = {}
        right: dict[str, NewEvent] = {}
        for event in events:
            if fault := event.fault(label_set.classes):
                rejected[event.key] = fault
            else:
                right.setdefault(event.key, event)
        here = await self._spectra.keys(label_set.dataset, [event.row for event in right.values()])
        async with self._database.write() as connection:
            last = await self._log.lock(connection, label_set.id)
            wanted = [*right, *(event.undoes for event in right.values() if event.undoes)]
            there = await self._log.by_key(connection, label_set.id, sorted(set(wanted)))
            queues = await self._queues.known(
                connection, label_set.id, sorted({event.queue for event in right.values() if event.queue})
            )
            meant = await self._meant(connection, queues, list(right.values()), here)
            stored: dict[str, dict[str, Any]] = {}
            known = []
            for key, event in right.items():
                before = there.get(key)
                if before is not None and before.labeller == labeller:
                    known.append(key)
                    continue
                spectrum = _spectrum_of(event, meant, stored, there, labeller)
                if before is not None:
                    rejected[key] = FOREIGN_KEY
                elif isinstance(spectrum, str):
                    rejected[key] = spectrum
                else:
                    stored[key] = _row(event, spectrum, labeller, queues.get(event.queue or ""))
            await self._log.add(connection, label_set.id, list(stored.values()), last)
            in_queues = [right[key] for key in stored if right[key].queue in queues]
            await self._mark(connection, in_queues, labeller)
        lost = tuple(RejectedEvent(key, reason) for key, reason in rejected.items())
        return Appended(tuple(stored), tuple(known), lost)

    async def _meant(
        self,
        connection: AsyncConnection,
        queues: Mapping[str, Queue],
        events: Sequence[NewEvent],
        here: Mapping[int, SpectrumKey],
    ) -> dict[tuple[str | None, int], SpectrumKey]:
        """Return the spectra of events: as their queue says, which knows them since it was made."""
        meant = {(event.queue, event.row): here[event.row] for event in events if event.row in here}
        for queue in queues:
            rows = sorted({event.row for event in events if event.queue == queue})
            found = await self._queues.spectra(connection, queue, rows)
            meant |= {(queue, row): spectrum for row, spectrum in found.items()}
        return meant

    async def _mark(self, connection: AsyncConnection, events: Sequence[NewEvent], labeller: str) -> None:
        for event in events:
            if event.kind in ANSWERS | {EventKind.UNDO}:
                done = event.kind is not EventKind.UNDO
                await self._queues.mark(connection, str(event.queue), event.row, labeller, done=done)


def _spectrum_of(
    event: NewEvent,
    meant: Mapping[tuple[str | None, int], SpectrumKey],
    stored: Mapping[str, Mapping[str, Any]],
    there: Mapping[str, LabelEvent],
    labeller: str,
) -> SpectrumKey | str:
    """Return the spectrum of an event, or why it cannot be stored."""
    spectrum = meant.get((event.queue, event.row))
    if event.kind is not EventKind.UNDO:
        return spectrum or LEFT.format(row=event.row)
    before = there.get(str(event.undoes))
    if before is not None:
        mine = before.labeller == labeller and before.kind is not EventKind.UNDO
        return before.spectrum if mine else NOT_YOURS.format(key=event.undoes)
    same = stored.get(str(event.undoes))
    if same is None or same["kind"] == EventKind.UNDO or spectrum is None:
        return NOT_YOURS.format(key=event.undoes)
    return spectrum


def _row(event: NewEvent, spectrum: SpectrumKey, labeller: str, queue: Queue | None) -> dict[str, Any]:
    return {
        "key": event.key,
        "row": spectrum.row,
        "spectrum": spectrum.text,
        "sha256": spectrum.sha256,
        "name": spectrum.name,
        "kind": str(event.kind),
        "label": event.label or None,
        "labeller": labeller,
        "time": clock.now(),
        "made": event.made,
        "comment": event.comment,
        "shown": dict(event.shown),
        "undoes": event.undoes or None,
        "queue": queue.id if queue else None,
        "decides": bool(queue and queue.decides and event.kind is EventKind.LABEL),
    }
