"""Close connections that hold a server without asking anything of it: aiohttp's server waits for ever.

A connection that says nothing, a header a second, or half of a body costs a file descriptor each; a few
hundred stop a server for everybody. One task looks at all connections once a second, so that a request
itself costs nothing more. Connections that wait for a further request (keep-alive) count from its answer on.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import resource
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from wire.repeated_records import RepeatedRecords

log = logging.getLogger(__name__)

HEAD_S = 30.0
"""Seconds from the connection, or from the answer before, until a request's head is complete."""

PAUSE_S = 60.0
"""Seconds in which a body that is not complete must have grown by `LEAST_BYTES`."""

LEAST_BYTES = 1024
"""Less is a pause: nothing that still sends is so slow."""

DESCRIPTORS = 65_536
"""File descriptors that are asked for, where the machine gives so many."""

DESCRIPTOR_SHARE = 4
"""One address may hold this part (a fourth) of the file descriptors."""


class BodyPaused(TimeoutError):
    """A body did not go on in time; readers of the body get it."""


class ConnectedServer(Protocol):
    """What is known of `aiohttp.web.Server`."""

    @property
    def connections(self) -> Iterable[Any]:
        """The protocols of its connections."""


@dataclass(frozen=True)
class ConnectionLimits:
    """Limits of connections.

    Attributes
    ----------
    head_s
        Seconds for a head.
    pause_s
        Seconds for a pause of a body.
    per_address
        Connections of one address at once; 0: no limit.
    exempt
        Returns whether an address has no such limit: that of a proxy, which speaks for many.
    """

    head_s: float = HEAD_S
    pause_s: float = PAUSE_S
    per_address: int = 0
    exempt: Callable[[str], bool] = lambda _address: False


def limits_of(per_address: int, exempt: Callable[[str], bool]) -> ConnectionLimits:
    """Return the limits of a server that anybody may reach; ask for more file descriptors first.

    Parameters
    ----------
    per_address
        Connections of one address at once, as set; it is less where there are few file descriptors.
    exempt
        See `ConnectionLimits`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if hard == resource.RLIM_INFINITY else min(DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    most = wanted if soft == resource.RLIM_INFINITY else soft
    return ConnectionLimits(per_address=min(per_address, max(most // DESCRIPTOR_SHARE, 1)), exempt=exempt)


@contextlib.asynccontextmanager
async def heads_in_time(
    server: ConnectedServer | None, seconds: float = HEAD_S, limits: ConnectionLimits | None = None
) -> AsyncIterator[None]:
    """Close late connections of a server while the context is entered.

    Parameters
    ----------
    server
        `AppRunner.server` after its set-up; None: nothing is done.
    seconds
        For a head, where no limits are given.
    limits
        All limits.
    """
    if server is None:
        yield
        return
    # Accepting without descriptors fails again at once.
    repeated = RepeatedRecords(most=1)
    logging.getLogger("asyncio").addFilter(repeated)
    watch = _Watch(server, limits or ConnectionLimits(seconds))
    watching = asyncio.create_task(watch.run(), name="heads in time")
    try:
        yield
    finally:
        logging.getLogger("asyncio").removeFilter(repeated)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


class _Watch:
    """Looks at all connections again and again."""

    def __init__(self, server: ConnectedServer, limits: ConnectionLimits) -> None:
        self._server, self._limits = server, limits
        self._waiting: dict[Any, tuple[Any, float]] = {}  # connections without a request: see `_heads`
        self._bodies: dict[Any, tuple[int, float]] = {}  # bodies: their bytes, and when they had so many

    async def run(self) -> None:
        """Look, until it is cancelled."""
        loop, limits = asyncio.get_running_loop(), self._limits
        while True:
            await asyncio.sleep(min(1.0, limits.head_s / 4, limits.pause_s / 4))
            now, connections = loop.time(), list(self._server.connections)
            self._heads(connections, now)
            self._pauses(connections, now)
            if limits.per_address:
                self._addresses(connections)

    def _heads(self, connections: Iterable[Any], now: float) -> None:
        """Close the connections that have waited too long for the same head.

        aiohttp makes a future for each head that it waits for. A connection whose requests take milliseconds
        has none at most looks; that the future is another one tells that it was used in between.
        """
        waiting = {}
        for one in connections:
            head = one._waiter  # noqa: SLF001 - has no other name
            if one._current_request is not None:  # noqa: SLF001 - has no other name
                continue
            before, since = self._waiting.get(one, (head, now))
            waiting[one] = (head, since if head is before else now)
        self._waiting = waiting
        late = [one for one, (_, since) in waiting.items() if now - since > self._limits.head_s]
        for one in late:
            one.force_close()
        if late:
            told = "%d connections sent no complete request within %g s: closed"
            log.info(told, len(late), self._limits.head_s)

    def _pauses(self, connections: Iterable[Any], now: float) -> None:
        bodies: dict[Any, tuple[int, float]] = {}
        paused = 0
        for one in connections:
            request = one._current_request  # noqa: SLF001 - has no other name
            body = None if request is None else request.content
            # Where this side does not read on, the sender cannot send on.
            if body is None or _is_complete(body):
                continue
            size = body.total_bytes
            before, since = self._bodies.get(body, (size, now))
            if one._reading_paused or size - before >= LEAST_BYTES:  # noqa: SLF001 - has no other name
                before, since = size, now
            if now - since > self._limits.pause_s:
                text = f"the body did not go on within {self._limits.pause_s:g} s"
                if body.exception() is None:
                    body.set_exception(BodyPaused(text))
                    paused += 1
                    since = now  # time to answer
                else:
                    one.force_close()
                    continue
            bodies[body] = before, since
        self._bodies = bodies
        if paused:
            log.info("%d bodies did not go on within %g s: given up", paused, self._limits.pause_s)

    def _addresses(self, connections: Iterable[Any]) -> None:
        by_address: dict[str, list[Any]] = defaultdict(list)
        for one in connections:
            if peer := _peer(one):
                by_address[peer].append(one)
        for address, theirs in by_address.items():
            over = len(theirs) - self._limits.per_address
            if over <= 0 or self._limits.exempt(address):
                continue
            # Those without a request first, the longest waiting before all: a half head, or kept open.
            theirs.sort(key=lambda one: self._waiting.get(one, (None, float("inf")))[1])
            for one in theirs[:over]:
                one.force_close()
            told = "%d connections of %s were closed: it had more than %d"
            log.info(told, over, address, self._limits.per_address)


def _is_complete(body: Any) -> bool:
    return not hasattr(body, "total_bytes") or bool(getattr(body, "_eof", True))


def _peer(connection: Any) -> str:
    transport = connection.transport
    found = transport.get_extra_info("peername") if transport is not None else None
    return str(found[0]) if isinstance(found, tuple) else ""
