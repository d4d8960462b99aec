"""Several trainings at once that differ in some parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.auth.identity import Identity
from dashboard.auth.policy import require_member
from dashboard.base.errors import FieldError, Invalid
from dashboard.jobs.job import Job
from dashboard.jobs.request import JobRequest
from dashboard.platform.platform import Platform
from dashboard.quotas.quota import QuotaExceeded


@dataclass(frozen=True)
class Sweep:
    """What became of the requests.

    Attributes
    ----------
    jobs : tuple of Job
        Those created, in the order of the requests.
    left : int
        How many were not, because a quota does not allow them.
    reason : str
        Which quota; empty: all were created.
    """

    jobs: tuple[Job, ...]
    left: int = 0
    reason: str = ""


async def start_sweep(platform: Platform, requests: Sequence[JobRequest], identity: Identity) -> Sweep:
    """Create a job for each request; none, where one of them cannot be run.

    Parameters
    ----------
    platform : Platform
        Where they run.
    requests : sequence of JobRequest
        Of trainings that differ in their parameters and labels; at least one.
    identity : Identity
        Who owns the jobs.

    Raises
    ------
    Invalid
        With what is wrong with any of them, by field, each once.
    NotFound
        If the identity may not see what a request names.
    QuotaExceeded
        If a quota does not allow the first.
    """
    errors: dict[tuple[str, str], FieldError] = {}
    checked = []
    # They differ in parameters alone.
    require_member(identity, requests[0].project)
    await platform.require_sources(requests[0], identity)
    for request in requests:
        found = await platform.check.check(request, identity)
        errors |= {(one.field, one.message): one for one in found.errors}
        checked += [] if found.request is None else [found.request]
    if errors:
        raise Invalid("This cannot be run: correct the fields.", tuple(errors.values()))
    jobs: list[Job] = []
    try:
        for one in checked:
            jobs.append(await platform.jobs.create(one, identity, None))  # noqa: PERF401 (kept where one fails)
    except QuotaExceeded as error:
        if not jobs:
            raise
        return Sweep(tuple(jobs), len(checked) - len(jobs), error.detail)
    finally:
        platform.supervisor.wake()
    return Sweep(tuple(jobs))
