"""``WAIT``: answering when the phase of a job changes (UWS 1.1, section 2.2.1.1)."""

from __future__ import annotations

import time

from aiohttp import web

from dashboard.auth.identity import Identity
from dashboard.base.errors import FieldError, Invalid
from dashboard.jobs.job import LIVE, Job, Phase
from dashboard.jobs.store.held_jobs import Terms
from dashboard.web.app.app_keys import PLATFORM

LOOK_S = 5.0  # between two looks: changes by another process of the platform are not published here
MOST_WAITING = 2000  # requests that wait at once in this process; further ones are answered at once
WAITING: web.AppKey[list[int]] = web.AppKey("requests that wait for jobs")


def seconds_of(text: str, most: float) -> float:
    """Return for how long a request waits.

    Parameters
    ----------
    text : str
        A whole number of seconds; -1: as long as possible; empty: not at all.
    most : float
        The longest that the platform waits.

    Raises
    ------
    Invalid
        If it is something else.
    """
    if not text:
        return 0.0
    try:
        if not text.lstrip("+-").isdecimal() or len(text) > 18:
            raise ValueError(text)
        wanted = int(text)
    except ValueError as error:
        raise _wrong(text) from error
    if wanted < -1:
        raise _wrong(text)
    return most if wanted == -1 else min(float(wanted), most)


def _wrong(text: str) -> Invalid:
    message = "must be a number of seconds, or -1"
    return Invalid(f"WAIT={text[:40]} {message}.", [FieldError("WAIT", message)])


async def waited(
    request: web.Request, job: str, phase: str, seconds: float, identity: Identity
) -> tuple[Job, Terms]:
    """Return a job when its phase is another one, it cannot change any more, or the time is over.

    Parameters
    ----------
    request : web.Request
        Gives the platform.
    job : str
        Its id.
    phase : str
        The phase that the client knows; another one is answered at once. Empty: the present one.
    seconds : float
        How long to wait at the most.
    identity : Identity
        Who asks.

    Raises
    ------
    NotFound
        If there is no such job any more.
    """
    platform, until = request.app[PLATFORM], time.monotonic() + seconds
    count = request.app[WAITING]
    with platform.live.subscribe([f"job:{job}"]) as changes:
        found, terms = await platform.held.get(job, identity)
        known = Phase(phase) if phase else found.phase
        if seconds <= 0 or count[0] >= MOST_WAITING:
            return found, terms
        count[0] += 1
        try:
            while found.phase is known and found.phase in LIVE and not changes.closed:
                left = until - time.monotonic()
                if left <= 0 or request.transport is None:  # the client is gone
                    break
                event = await changes.get(min(left, LOOK_S))
                if event is None or event.kind in {"phase", "deleted", "resync"}:
                    found, terms = await platform.held.get(job, identity)
        finally:
            count[0] -= 1
    return found, terms
