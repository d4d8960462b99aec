"""Decides whether a failed attempt is retried, and when. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.base import clock
from dashboard.jobs.job import Attempt
from dashboard.jobs.retry_policy import LONGEST_S, RetryPolicy
from dashboard.jobs.supervisor import messages


@dataclass(frozen=True)
class ScheduledRetry:
    """The next attempt: its earliest start, and the reason shown until then."""

    not_before: str
    reason: str


def next_attempt(
    policy: RetryPolicy | None, attempts: Sequence[Attempt], failure: str, reason: str, now: str
) -> ScheduledRetry | None:
    """Return when the job is retried, or None when this failure ends the job.

    Parameters
    ----------
    policy : RetryPolicy or None
        None: the job is not retried.
    attempts : sequence of Attempt
        All attempts, with the one that has just failed (its `failure` is not stored yet).
    failure, reason : str
        Of that one.
    now : str
        The time, ISO 8601.

    Returns
    -------
    ScheduledRetry or None
        The next attempt.
    """
    allowed = policy.times.get(failure, 0) if policy else 0
    failed = Counter(attempt.failure for attempt in attempts if attempt.failure)
    if policy is None or failed[failure] >= allowed:
        return None
    seconds = min(policy.backoff_s * 2 ** failed.total(), LONGEST_S)
    told = messages.retried(failure, reason, failed[failure] + 1, allowed, seconds)
    return ScheduledRetry(clock.of_seconds(clock.parse(now).timestamp() + seconds), told)
