"""The order of waiting jobs between users.

The user with the fewest running jobs comes first; on a tie the one whose last job started longest ago (users
without one first); then the one whose job waits longest. Jobs of one user start oldest first. Each chosen job
counts at once, so users alternate within one pass. A user at the limit waits until a job has ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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
