"""Attempts at one record, with pauses between them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from dashboard.base.errors import ServiceError, StorageFull
from dashboard.data.ingest.upload_stream import TooLarge
from dashboard.data.sources.record import Fault, FetchError
from dashboard.quotas.quota import QuotaExceeded

log = logging.getLogger(__name__)
LONGEST_PAUSE_S = 300.0
HOPELESS = 50  # failures of the server, one after another, after which the others are not tried
Result = TypeVar("Result")


async def attempted(
    fetch: Callable[[], Awaitable[Result]], attempts: int, retry_s: float, go_on: Callable[[], bool]
) -> tuple[Result | FetchError, int]:
    """Fetch a record, in several attempts where another one may succeed.

    Parameters
    ----------
    fetch : callable
        Makes one attempt.
    attempts : int
        The most.
    retry_s : float
        Seconds before the second; doubled before each further one, unless the server says how many.
    go_on : callable
        Whether another attempt is wanted.

    Returns
    -------
    result, attempts : object or FetchError, int
        What was fetched, or why it was not; how many attempts were made.
    """
    for attempt in range(1, attempts + 1):
        try:
            return await fetch(), attempt
        except Exception as error:  # noqa: BLE001 - each becomes the record's reason
            failure = failure_of(error)
            if not (failure.passing and attempt < attempts and go_on()):
                return failure, attempt
            await asyncio.sleep(min(failure.retry_s or retry_s * 2 ** (attempt - 1), LONGEST_PAUSE_S))
    raise AssertionError("the last attempt returns")


def failure_of(error: Exception) -> FetchError:
    """Return an error of fetching or storing as a fault."""
    if isinstance(error, FetchError):
        return error
    for kind, fault in (
        (TooLarge, Fault.TOO_LARGE),
        (QuotaExceeded, Fault.QUOTA),
        (StorageFull, Fault.STORAGE),
        (ServiceError, Fault.NAME),
    ):
        if isinstance(error, kind):
            return FetchError(fault, error.detail)
    log.error("a record could not be fetched", exc_info=error)
    return FetchError(Fault.INTERNAL, f"a fault of ours ({type(error).__name__}); the log says more")
