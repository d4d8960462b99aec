"""Publish and subscribe inside one process: the live events that pages follow as server-sent events.

The id of an event is `EPOCH-NUMBER`; the epoch is new at each start of the platform. A subscriber that
returns with the id of the last event it received gets the events since then, or one `resync` event ("read the
state again") when they are no longer kept. A subscriber that reads too slowly loses its queue and gets
`resync` too: publishing never waits, and memory stays bounded.

An event about an object of a user carries the ownership of the object, and a subscription takes a filter:
`dashboard.auth.policy.follows` makes one from an identity.

Topics: `jobs` (any job's phase or progress), `job:ID`, `nodes`, `datasets`, `dataset:ID`, `modules`,
`models`, `deployments`, `label_sets`, `label_set:ID` (new labels, queues and versions).
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from dashboard.base.ownership import Ownership

REPLAY = 4096  # events kept for those that come back
QUEUE = 512  # events that one subscriber may lag behind
LONGEST_NUMBER = 18  # digits of the number of an event
RESYNC = "resync"
SHARED = "shared"  # kind of an event: who may see an object changed


@dataclass(frozen=True)
class LiveEvent:
    """One thing that happened.

    Attributes
    ----------
    id : str
        For ``Last-Event-ID``.
    topic : str
        Such as ``job:01jd…``; empty for ``resync``.
    kind : str
        ``phase``, ``progress``, ``metrics``, ``log``, …, or ``resync``.
    data : Mapping
        JSON.
    ownership : Ownership or None
        Of the object that it is about; it is not sent.
    """

    id: str
    topic: str
    kind: str
    data: Mapping[str, Any]
    ownership: Ownership | None = None

    def to_json(self) -> dict[str, Any]:
        """Return ``{"topic", "kind", "data"}``."""
        return {"topic": self.topic, "kind": self.kind, "data": dict(self.data)}


Passes = Callable[[LiveEvent], bool]


def everything(_event: LiveEvent) -> bool:
    """Pass every event: the filter of the platform's own subscriptions."""
    return True


class Subscription:
    """The events of some topics, as an async iterator; leave it (``with``) to stop."""

    def __init__(self, live: Live, topics: frozenset[str], passes: Passes = everything) -> None:
        self.topics = topics
        self._passes = passes
        self._live = live
        self._waiting: deque[LiveEvent] = deque()
        self._woken = asyncio.Event()
        self._closed = False

    def offer(self, event: LiveEvent) -> None:
        """Queue an event that passes the filter, or drop to one ``resync`` when the reader lags too far."""
        if event.kind != RESYNC and not self._passes(event):
            return
        if len(self._waiting) >= QUEUE:
            self._waiting.clear()
            event = self._live.resync()
        self._waiting.append(event)
        self._woken.set()

    def close(self) -> None:
        """End the iteration."""
        self._closed = True
        self._woken.set()
        self._live.leave(self)

    async def get(self, timeout_s: float | None = None) -> LiveEvent | None:
        """Return the next event, or None when it was closed or `timeout_s` passed (time for a keep-alive)."""
        try:
            async with asyncio.timeout(timeout_s):
                while not self._waiting and not self._closed:
                    self._woken.clear()
                    await self._woken.wait()
        except TimeoutError:
            return None
        return self._waiting.popleft() if self._waiting else None

    @property
    def closed(self) -> bool:
        """Whether the platform (or the reader) ended it."""
        return self._closed

    async def __aiter__(self) -> AsyncIterator[LiveEvent]:
        while (event := await self.get()) is not None:
            yield event

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Live:
    """The publisher of live events. Not thread-safe: call it from the event loop."""

    def __init__(self, replay: int = REPLAY) -> None:
        self.epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, LiveEvent]] = deque(maxlen=replay)
        self._subscribers: set[Subscription] = set()

    def publish(
        self, topic: str, kind: str, data: Mapping[str, Any], ownership: Ownership | None = None
    ) -> LiveEvent:
        """Give an event to all subscribers of a topic; never waits.

        Parameters
        ----------
        topic, kind, data
            As in `LiveEvent`.
        ownership : Ownership, optional
            Of the object that it is about. On a topic for all objects of a kind an event without it reaches
            only administrators, unless `data` is empty.

        Returns
        -------
        LiveEvent
            The event with its id.
        """
        self._number += 1
        event = LiveEvent(f"{self.epoch}-{self._number}", topic, kind, data, ownership)
        self._kept.append((self._number, event))
        for subscriber in self._subscribers:
            if topic in subscriber.topics:
                subscriber.offer(event)
        return event

    def subscribe(
        self, topics: Iterable[str], last_id: str | None = None, passes: Passes = everything
    ) -> Subscription:
        """Subscribe to topics, beginning with the events since `last_id`.

        Parameters
        ----------
        topics : iterable of str
            Exact names.
        last_id : str, optional
            Id of the last event that was received.
        passes : callable
            Which events are delivered, of those of the topics.

        Returns
        -------
        Subscription
            To be left (``with``) at the end.
        """
        subscription = Subscription(self, frozenset(topics), passes)
        self._subscribers.add(subscription)
        if last_id:
            for event in self._missed(last_id):
                if event.kind == RESYNC or event.topic in subscription.topics:
                    subscription.offer(event)
        return subscription

    def _missed(self, last_id: str) -> list[LiveEvent]:
        epoch, _, number = last_id.partition("-")
        plain = number.isascii() and number.isdigit() and len(number) <= LONGEST_NUMBER
        if epoch != self.epoch or not plain:
            return [self.resync()]
        seen = int(number)
        oldest = self._kept[0][0] if self._kept else self._number + 1
        if seen > self._number or seen < oldest - 1:
            return [self.resync()]
        return [event for kept, event in self._kept if kept > seen]

    @property
    def position(self) -> str:
        """Id of the newest event: a state read after this is complete with the events from here on."""
        return f"{self.epoch}-{self._number}"

    def resync(self) -> LiveEvent:
        """Return the event that says "read the state again"; it carries the newest id."""
        return LiveEvent(self.position, "", RESYNC, {})

    def resync_all(self) -> None:
        """Send ``resync`` to every subscriber: what happened is not known."""
        for subscriber in self._subscribers:
            subscriber.offer(self.resync())

    def followed(self, *topics: str) -> bool:
        """Return whether one of these topics has a subscriber."""
        return any(not subscriber.topics.isdisjoint(topics) for subscriber in self._subscribers)

    def leave(self, subscription: Subscription) -> None:
        """Forget a subscriber."""
        self._subscribers.discard(subscription)

    def close(self) -> None:
        """End every subscription (the platform stops)."""
        for subscriber in tuple(self._subscribers):
            subscriber.close()
