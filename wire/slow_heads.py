"""Close connections that do not send a complete head in time: aiohttp's server waits for ever.

A connection that says nothing, or a header a second, costs a file descriptor each; a few hundred stop a
server for everybody. Connections that wait for a further request (keep-alive) count from its answer on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from typing import Any, Protocol

log = logging.getLogger(__name__)

HEAD_S = 30.0
"""Seconds from the connection, or from the answer before, until a request's head is complete."""


class ConnectedServer(Protocol):
    """What is known of `aiohttp.web.Server`."""

    @property
    def connections(self) -> Iterable[Any]:
        """The protocols of its connections."""


@contextlib.asynccontextmanager
async def heads_in_time(server: ConnectedServer | None, seconds: float = HEAD_S) -> AsyncIterator[None]:
    """Close late connections of a server while the context is entered.

    Parameters
    ----------
    server
        `AppRunner.server` after its set-up; None: nothing is done.
    seconds
        For a head.
    """
    if server is None:
        yield
        return
    watching = asyncio.create_task(_watch(server, seconds), name="heads in time")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(server: ConnectedServer, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    since: dict[Any, float] = {}
    while True:
        await asyncio.sleep(min(1.0, seconds / 4))
        now = loop.time()
        waiting = {one for one in server.connections if one._current_request is None}  # noqa: SLF001 - has no other name
        since = {one: since.get(one, now) for one in waiting}
        late = [one for one, began in since.items() if now - began > seconds]
        for one in late:
            one.force_close()
        if late:
            log.info("%d connections sent no complete request within %g s: closed", len(late), seconds)
