"""The order of waiting jobs between users.

The user with the fewest running jobs comes first; on a tie the one whose last job started longest ago (users
without one first); then the one whose job waits longest. Jobs of one user start oldest first. Each chosen job
counts at once, so users alternate within one pass. A user at the limit waits until a job has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heapreplace
from typing import Protocol, TypeVar


class Waiting(Protocol):
    """What the order needs of a waiting job."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def owner(self) -> str: ...  # noqa: D102
    @property
    def created(self) -> str: ...  # noqa: D102


W = TypeVar("W", bound=Waiting)


def in_turn(waiting: Iterable[W], running: Mapping[str, int], served: Mapping[str, int]) -> list[W]:
    """Return waiting jobs in the order in which they may start.

    Parameters
    ----------
    waiting : iterable
        In any order.
    running : Mapping
        User to the number of running jobs.
    served : Mapping
        User to when their last job started: a number that grows with each start.
    """
    queues: dict[str, list[W]] = {}
    for job in sorted(waiting, key=lambda one: (one.created, one.id), reverse=True):
        queues.setdefault(job.owner, []).append(job)  # the oldest is the last
    turn = max((served.get(owner, 0) for owner in queues), default=0)
    order: list[W] = []
    # One entry a user, so that the next one is found without asking all: there may be thousands.
    turns = [
        (running.get(owner, 0), served.get(owner, 0), queue[-1].created, place, owner)
        for place, (owner, queue) in enumerate(queues.items())
    ]
    heapify(turns)
    while turns:
        taken, _, _, place, owner = turns[0]
        order.append(queues[owner].pop())
        turn += 1
        if queues[owner]:
            heapreplace(turns, (taken + 1, turn, queues[owner][-1].created, place, owner))
        else:
            heappop(turns)
    return order


def at_limit(owner: str, running: Mapping[str, int], limit: int) -> bool:
    """Return whether a user has as many running jobs as allowed.

    Parameters
    ----------
    owner : str
        The user.
    running : mapping
        User to number of running jobs.
    limit : int
        The most running jobs of one user; 0: no limit.

    Returns
    -------
    bool
        True where another job of the user must wait.
    """
    return 0 < limit <= running.get(owner, 0)
