"""Trying again: which failures, how often, and after how long. A pure decision."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.base import clock
from dashboard.jobs.job import Attempt
from dashboard.jobs.retry_policy import LONGEST_S, RetryPolicy


@dataclass(frozen=True)
class ScheduledRetry:
    """There will be another attempt: not before then, and what a person reads meanwhile."""

    not_before: str
    reason: str


def next_attempt(
    policy: RetryPolicy | None, tried: Sequence[Attempt], failure: str, reason: str, now: str
) -> ScheduledRetry | None:
    """Return when it is tried again, or None when this failure ends the job.

    Parameters
    ----------
    tried : sequence of Attempt
        All attempts, also the one that has just failed (whose `failure` is not written yet).
    failure, reason : str
        Of that one.
    now : str
        The time.
    """
    allowed = policy.times.get(failure, 0) if policy else 0
    failed = Counter(attempt.failure for attempt in tried if attempt.failure)
    if policy is None or failed[failure] >= allowed:
        return None
    seconds = min(policy.backoff_s * 2 ** failed.total(), LONGEST_S)
    words = failure.replace("_", " ")
    ordinal = f"{failed[failure] + 1} of {allowed}"
    said = f"failed ({words}): {reason}. It is tried again ({ordinal}) in {seconds:g} s"
    return ScheduledRetry(clock.of_seconds(clock.parse(now).timestamp() + seconds), said)
