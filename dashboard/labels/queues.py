"""The queues of a label set: made from rows of its dataset, and handed out to labellers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action, Resource, authorize
from dashboard.base import clock
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.base.events import Live
from dashboard.base.ids import new_identifier
from dashboard.labels.current import CurrentLabels, SpectrumLabels
from dashboard.labels.event import ANSWERS
from dashboard.labels.label_set import KIND, GetLabelSet, LabelSet, set_name
from dashboard.labels.queue import MOST_COPIES, MOST_ROWS, Progress, Queue, QueueItem, QueueRow
from dashboard.labels.spectrum_key import SpectrumKey
from dashboard.labels.store.log import LabelLog
from dashboard.labels.store.queues import QueueStore
from dashboard.labels.store.spectra import LabelledSpectra

AT_ONCE = 50  # spectra that one person may hold


class QueueService:
    """Makes queues and hands out what is in them.

    Parameters
    ----------
    store : QueueStore
        Where they are.
    log : LabelLog
        What was said in them.
    spectra : LabelledSpectra
        Finds their spectra.
    get : callable
        Returns a label set with which an identity may do something.
    live : Live
        Told of new ones.
    """

    def __init__(
        self, store: QueueStore, log: LabelLog, spectra: LabelledSpectra, get: GetLabelSet, live: Live
    ) -> None:
        self._store = store
        self._log = log
        self._spectra = spectra
        self._get = get
        self._live = live

    async def create(
        self,
        label_set: str,
        rows: Sequence[QueueRow],
        origin: Mapping[str, Any],
        identity: Identity,
        *,
        name: str,
        blind: bool = False,
        copies: int = 1,
    ) -> Queue:
        """Make a queue.

        Parameters
        ----------
        label_set : str
            Whose spectra are labelled.
        rows : sequence of QueueRow
            In the order of labelling; each spectrum counts once.
        origin : mapping
            ``{"kind": OriginKind, …}``.
        identity : Identity
            Who makes it; may label in the set.
        name : str
            For people.
        blind : bool
            Whether a model's opinion is hidden at first.
        copies : int
            How many people label each spectrum.

        Raises
        ------
        Invalid
            If there are no rows, or too many, or rows that the dataset does not have.
        Conflict
            If the dataset was deleted.
        NotFound, Denied
            If the identity may not see the label set; if it may not label in it.
        """
        found = await self._get(label_set, identity, Action.LABEL)
        wanted = {row.row: row for row in rows}
        _check(len(wanted), copies)
        keys = await self._keys(found, list(wanted))
        queue: dict[str, Any] = {
            "id": new_identifier(),
            "label_set": found.id,
            "name": set_name(name),
            "owner": identity.user,
            "created": clock.now(),
            "origin": dict(origin),
            "blind": blind,
            "copies": copies,
            "rows": len(wanted),
        }
        places = [
            {
                "queue": queue["id"],
                "position": position,
                "copy": copy,
                "row": number,
                "spectrum": keys[number].text,
                "sha256": keys[number].sha256,
                "name": keys[number].name,
                "opinion": None if row.opinion is None else dict(row.opinion),
                "labeller": None,
                "leased": None,
                "done": None,
            }
            for position, (number, row) in enumerate(wanted.items())
            for copy in range(copies)
        ]
        await self._store.insert(queue, places)
        self._live.publish(f"{KIND}:{found.id}", "queue", {"queue": queue["id"]})
        return Queue(**queue)

    async def _keys(self, label_set: LabelSet, numbers: Sequence[int]) -> dict[int, SpectrumKey]:
        if await self._spectra.dataset(label_set.dataset) is None:
            raise Conflict(f"The dataset {label_set.dataset_name} was deleted: there is nothing to label.")
        keys = await self._spectra.keys(label_set.dataset, numbers)
        if missing := [number for number in numbers if number not in keys]:
            some = ", ".join(map(str, missing[:5]))
            reason = f"{label_set.dataset_name} has no spectrum {some}; it may have left the dataset"
            raise Invalid(f"No queue is made: {reason}.", [FieldError("rows", reason)])
        return keys

    async def of_set(self, label_set: str, identity: Identity) -> list[Queue]:
        """Return the queues of a label set, the newest first."""
        return await self._store.of_set((await self._get(label_set, identity)).id)

    async def get(
        self, label_set: str, queue: str, identity: Identity, action: Action = Action.READ
    ) -> tuple[LabelSet, Queue]:
        """Return a queue with its label set.

        Parameters
        ----------
        label_set, queue : str
            Which.
        identity : Identity
            Who asks.
        action : Action
            What they are about to do.

        Raises
        ------
        NotFound, Denied
            If there is none that the identity may see; if it may not do this.
        """
        found = await self._get(label_set, identity, action)
        return found, await self._store.get(found.id, queue)

    async def progress(
        self, label_set: str, queue: str, identity: Identity, action: Action = Action.READ
    ) -> Progress:
        """Return how far a queue is.

        Parameters
        ----------
        label_set, queue : str
            Which.
        identity : Identity
            Who asks.
        action : Action
            What of the label set they must be allowed: who labels is told, too.
        """
        _, found = await self.get(label_set, queue, identity, action)
        return await self._store.progress(found.id)

    async def take(
        self, label_set: str, queue: str, identity: Identity, count: int = 4
    ) -> list[dict[str, Any]]:
        """Return the next spectra of a queue for a labeller, who alone has them for a while.

        Parameters
        ----------
        label_set, queue : str
            Of which queue.
        identity : Identity
            Who labels.
        count : int
            How many at most, those that the labeller holds already included.

        Returns
        -------
        list of dict
            Each place, with the ``number`` that its spectrum has today (None: it is gone).
        """
        found, there = await self.get(label_set, queue, identity, Action.LABEL)
        taken = await self._store.take(there.id, identity.user, min(max(count, 1), AT_ONCE))
        return await self._shown(found, taken)

    async def release(self, label_set: str, queue: str, identity: Identity) -> None:
        """Give back what a labeller has taken and not done.

        Parameters
        ----------
        label_set, queue : str
            Of which queue.
        identity : Identity
            The labeller.
        """
        _, there = await self.get(label_set, queue, identity, Action.LABEL)
        await self._store.release(there.id, identity.user)

    async def own(
        self, label_set: str, queue: str, identity: Identity, size: int = 200
    ) -> list[dict[str, Any]]:
        """Return what a labeller has, or has done, of a queue: what was done last comes first.

        Parameters
        ----------
        label_set, queue : str
            Of which queue.
        identity : Identity
            Who labels.
        size : int
            The most.

        Returns
        -------
        list of dict
            Each place with what the labeller said, as ``mine``: ``{"key", "kind", "label"}``, or None.
        """
        found, there = await self.get(label_set, queue, identity)
        items = await self._store.items(there.id, identity.user, size)
        current = CurrentLabels()
        current.add(await self._log.in_queue(found.id, there.id, identity.user))
        said = [current.get(item.spectrum) for item in items]
        shown = await self._shown(found, items)
        return [{**item, "mine": _answer(labels)} for item, labels in zip(shown, said, strict=True)]

    async def delete(self, label_set: str, queue: str, identity: Identity) -> None:
        """Delete a queue; its labels stay in the log.

        Parameters
        ----------
        label_set, queue : str
            Which.
        identity : Identity
            Who made it, or the owner of the set.

        Raises
        ------
        NotFound, Denied
            If there is none that the identity may see; if it may not delete it.
        """
        found, there = await self.get(label_set, queue, identity, Action.LABEL)
        if there.owner != identity.user:
            authorize(identity, Action.CHANGE, Resource(KIND, found.id, found.ownership))
        await self._store.delete(there.id)
        self._live.publish(f"{KIND}:{found.id}", "queue", {"queue": there.id})

    async def _shown(self, label_set: LabelSet, items: Sequence[QueueItem]) -> list[dict[str, Any]]:
        numbers = await self._spectra.numbers(label_set.dataset, [item.spectrum for item in items])
        return [{**item.to_json(), "number": numbers.get(item.spectrum.text)} for item in items]


def _answer(labels: SpectrumLabels | None) -> dict[str, Any] | None:
    """Return the last answer of the one labeller whose events these are."""
    answers = [event for event in labels.events if event.kind in ANSWERS] if labels else []
    if not answers:
        return None
    return {"key": answers[-1].key, "kind": str(answers[-1].kind), "label": answers[-1].label}


def _check(rows: int, copies: int) -> None:
    if not 1 <= rows <= MOST_ROWS:
        reason = f"{rows:,} spectra are given; a queue has 1 to {MOST_ROWS:,}"
        raise Invalid(f"No queue is made: {reason}.", [FieldError("rows", reason)])
    if not 1 <= copies <= MOST_COPIES:
        reason = f"must be 1 to {MOST_COPIES}"
        raise Invalid(f"The number of labellers of each spectrum {reason}.", [FieldError("copies", reason)])
