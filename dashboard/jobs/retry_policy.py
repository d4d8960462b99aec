"""Retry policies: which failures are retried, how often, and after how long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from dashboard.jobs.failure import Failure

MOST_TIMES = 20  # retries after one kind of failure
BACKOFF_S = 30.0
LONGEST_S = 3600.0
LONGEST_NUMBER = 6  # digits
RETRIED = tuple(failure for failure in Failure if failure is not Failure.INPUT)


@dataclass(frozen=True)
class RetryPolicy:
    """After which failures a job is retried, how often and after how long.

    Attributes
    ----------
    times : Mapping
        Failure to the number of retries; failures that are not named are not retried.
    backoff_s : float
        Seconds before the first retry; doubles with each one, up to `LONGEST_S`.
    """

    times: Mapping[str, int] = field(default_factory=dict)
    backoff_s: float = BACKOFF_S

    @classmethod
    def from_json(cls, obj: object) -> Self | None:
        """Read ``{"times": {failure: n}, "backoff_s"?}``, the same as text, or nothing.

        Text is ``node_failure:2, error`` (without a number: once), as a person writes it.

        Raises
        ------
        ValueError
            If it is not valid; the message says why.
        """
        if not obj:
            return None
        if isinstance(obj, str):
            obj = {"times": dict(_pair(part) for part in obj.split(",") if part.strip())}
        if not isinstance(obj, Mapping) or set(obj) - {"times", "backoff_s"}:
            raise ValueError('must be {"times": {failure: how often}, "backoff_s": seconds}')
        times, backoff_s = obj.get("times") or {}, obj.get("backoff_s", BACKOFF_S)
        if not isinstance(times, Mapping):
            raise ValueError("times must name failures and how often each is retried")  # noqa: TRY004 an invalid request, not an argument
        for failure, number in times.items():
            if failure not in RETRIED:
                raise ValueError(f"{failure!r} is not one of {', '.join(RETRIED)}")
            if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MOST_TIMES:
                raise ValueError(f"{failure}: must be a whole number from 0 to {MOST_TIMES}")
        if isinstance(backoff_s, bool) or not isinstance(backoff_s, int | float):
            raise ValueError("backoff_s must be a number of seconds")  # noqa: TRY004 as above
        if not 0 <= backoff_s <= LONGEST_S:
            raise ValueError(f"backoff_s must be from 0 to {LONGEST_S:g} seconds")
        retried = {str(failure): number for failure, number in times.items() if number}
        return cls(retried, float(backoff_s)) if retried else None

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON."""
        return {"times": dict(self.times), "backoff_s": self.backoff_s}


def _pair(text: str) -> tuple[str, int]:
    failure, _, number = text.strip().partition(":")
    if number and not (number.strip().isdecimal() and len(number.strip()) <= LONGEST_NUMBER):
        raise ValueError(f"{text.strip()!r}: write FAILURE:NUMBER, such as node_failure:2")
    return failure.strip(), int(number) if number else 1
