"""Publish and subscribe, inside one process: what pages follow through server-sent events.

An event's id is `EPOCH-NUMBER`; the epoch is new at each start of the platform. A subscriber that comes back
with the last id it saw gets what it missed, or one `resync` event ("read the state again") when that is no
longer kept. A subscriber that reads too slowly loses its queue and gets `resync` too: nobody waits for it,
and memory stays bounded.

Topics: `jobs` (any job's phase or progress), `job:ID`, `nodes`, `datasets`, `dataset:ID`, `modules`,
`models`, `deployments`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

REPLAY = 4096  # events kept for those that come back
QUEUE = 512  # events that one subscriber may lag behind
RESYNC = "resync"


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
    """

    id: str
    topic: str
    kind: str
    data: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """Return ``{"topic", "kind", "data"}``."""
        return {"topic": self.topic, "kind": self.kind, "data": dict(self.data)}


class Subscription:
    """The events of some topics, as an async iterator; leave it (``with``) to stop."""

    def __init__(self, live: Live, topics: frozenset[str]) -> None:
        self.topics = topics
        self._live = live
        self._waiting: deque[LiveEvent] = deque()
        self._woken = asyncio.Event()
        self._closed = False

    def offer(self, event: LiveEvent) -> None:
        """Queue an event, or drop to one ``resync`` when the reader lags too far behind."""
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
    """The one place to which services publish. Not thread-safe: call it from the event loop."""

    def __init__(self, replay: int = REPLAY) -> None:
        self.epoch = secrets.token_hex(4)
        self._number = 0
        self._kept: deque[tuple[int, LiveEvent]] = deque(maxlen=replay)
        self._subscribers: set[Subscription] = set()

    def publish(self, topic: str, kind: str, data: Mapping[str, Any]) -> LiveEvent:
        """Give an event to all who follow `topic`; never waits."""
        self._number += 1
        event = LiveEvent(f"{self.epoch}-{self._number}", topic, kind, data)
        self._kept.append((self._number, event))
        for subscriber in self._subscribers:
            if topic in subscriber.topics:
                subscriber.offer(event)
        return event

    def subscribe(self, topics: Iterable[str], last_id: str | None = None) -> Subscription:
        """Follow `topics`, first with what was missed since `last_id`."""
        subscription = Subscription(self, frozenset(topics))
        self._subscribers.add(subscription)
        if last_id:
            for event in self._missed(last_id):
                if event.kind == RESYNC or event.topic in subscription.topics:
                    subscription.offer(event)
        return subscription

    def _missed(self, last_id: str) -> list[LiveEvent]:
        epoch, _, number = last_id.partition("-")
        if epoch != self.epoch or not (number.isascii() and number.isdigit()):
            return [self.resync()]
        seen = int(number)
        oldest = self._kept[0][0] if self._kept else self._number + 1
        if seen > self._number or seen < oldest - 1:
            return [self.resync()]
        return [event for kept, event in self._kept if kept > seen]

    @property
    def position(self) -> str:
        """Id of the newest event: who read the state after this misses nothing by following from here."""
        return f"{self.epoch}-{self._number}"

    def resync(self) -> LiveEvent:
        """Return the event that says "read the state again"; it carries the newest id."""
        return LiveEvent(self.position, "", RESYNC, {})

    def resync_all(self) -> None:
        """Have everybody read the state again: what happened is not known."""
        for subscriber in self._subscribers:
            subscriber.offer(self.resync())

    def followed(self, *topics: str) -> bool:
        """Whether anybody follows one of these topics."""
        return any(not subscriber.topics.isdisjoint(topics) for subscriber in self._subscribers)

    def leave(self, subscription: Subscription) -> None:
        """Forget a subscriber."""
        self._subscribers.discard(subscription)

    def close(self) -> None:
        """End every subscription (the platform stops)."""
        for subscriber in tuple(self._subscribers):
            subscriber.close()
