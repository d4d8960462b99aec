"""Whose turn it is.

The next job is that of the person who has the fewest running; of those alike, of the one whose last job
began longest ago (first of all those who had none); of those alike, of the one whose job waits longest. A
person's own jobs go oldest first. Each job that is taken counts at once, so in one pass people take turns.
Who has as many running as one may have waits until one of them has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar


class Waiting(Protocol):
    """What is looked at of a waiting job."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102


W = TypeVar("W", bound=Waiting)


def in_turn(waiting: Iterable[W], running: Mapping[str, int], served: Mapping[str, int]) -> list[W]:
    """Return waiting jobs in the order of their turn.

    Parameters
    ----------
    waiting : iterable
        In any order.
    running : Mapping
        Person to how many run.
    served : Mapping
        Person to a number that grows with each job that begins: when their last one did.
    """
    queues: dict[str, list[W]] = {}
    for job in sorted(waiting, key=lambda one: (one.created, one.id), reverse=True):
        queues.setdefault(job.owner, []).append(job)  # the oldest is the last
    taken = {owner: running.get(owner, 0) for owner in queues}
    last = {owner: served.get(owner, 0) for owner in queues}
    turn = max(last.values(), default=0)
    order: list[W] = []
    while queues:
        owner = min(queues, key=lambda one: (taken[one], last[one], queues[one][-1].created))
        order.append(queues[owner].pop())
        taken[owner] += 1
        turn += 1
        last[owner] = turn
        if not queues[owner]:
            del queues[owner]
    return order


def too_many(owner: str, running: Mapping[str, int], limit: int) -> str:
    """Return why a person's next job waits whatever the room; empty: it need not. `limit` 0: none."""
    has = running.get(owner, 0)
    if not limit or has < limit:
        return ""
    return f"waits for another job of {owner} to end: {has} run, one person may have {limit}"
