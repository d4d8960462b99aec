"""The pool of connections to all replicas, kept open between requests."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

from deploy.gateway.connection import Content, UpstreamConnection
from deploy.gateway.errors import UpstreamConnectionError, UpstreamUnreachable, cause

CONNECT_WITHIN_S = 5.0
KEPT_S = 15.0  # servers close idle connections after 60 s or more: a younger one is very likely open


class ConnectionPool:
    """Sends requests to replicas by their addresses."""

    def __init__(self) -> None:
        self._idle: defaultdict[tuple[str, int], list[UpstreamConnection]] = defaultdict(list)
        self._all: set[UpstreamConnection] = set()

    async def ask(
        self,
        address: str,
        head: bytes,
        content: Content,
        *,
        method: str,
        repeatable: bool,
        timeout_s: float,
        is_wanted: Callable[[], bool],
    ) -> UpstreamConnection:
        """Send a request to a replica and return the connection with the answer, to be given back.

        Parameters
        ----------
        address
            Of the replica: ``http://host:port``.
        head, content, timeout_s, is_wanted
            See `UpstreamConnection.ask`.
        method
            HTTP method of the request.
        repeatable
            Whether the request may be repeated. Only such a request uses a kept connection, because the
            replica may be closing it.

        Raises
        ------
        UpstreamUnreachable, UpstreamConnectionError, UpstreamTimeout, ClientDisconnected
            See `deploy.gateway.errors`.
        """
        endpoint = endpoint_of(address)
        again = repeatable and isinstance(content, bytes | None)
        connection = (self._kept(endpoint) if again else None) or await self._connect(endpoint)
        try:
            await connection.ask(
                head, content, only_head=method == "HEAD", timeout_s=timeout_s, is_wanted=is_wanted
            )
        except UpstreamConnectionError as error:
            self.give_back(connection)
            if error.heard or not connection.reused:
                raise
        except BaseException:
            self.give_back(connection)
            raise
        else:
            return connection
        return await self.ask(
            address, head, content, method=method, repeatable=False, timeout_s=timeout_s, is_wanted=is_wanted
        )

    def give_back(self, connection: UpstreamConnection) -> None:
        """Return a connection to the pool, if another request may follow on it."""
        if connection.end():
            connection.idle_since = asyncio.get_running_loop().time()
            connection.reused = True
            self._idle[connection.endpoint].append(connection)

    async def close(self) -> None:
        """Close all connections."""
        for connection in list(self._all):
            connection.close()
        self._idle.clear()

    def _kept(self, endpoint: tuple[str, int]) -> UpstreamConnection | None:
        """Return the most recently used connection, if it is young enough."""
        kept = self._idle.get(endpoint)
        if not kept:
            return None
        connection = kept.pop()
        if asyncio.get_running_loop().time() - connection.idle_since <= KEPT_S:
            return connection
        for old in (connection, *kept):
            old.close()
        kept.clear()
        return None

    async def _connect(self, endpoint: tuple[str, int]) -> UpstreamConnection:
        def lost(connection: UpstreamConnection) -> None:
            self._all.discard(connection)
            kept = self._idle[endpoint]
            if connection in kept:
                kept.remove(connection)
            if not kept:
                del self._idle[endpoint]

        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: UpstreamConnection(endpoint, lost), *endpoint
                )
        except TimeoutError:
            raise UpstreamUnreachable(f"no connection within {CONNECT_WITHIN_S:.0f} s") from None
        except OSError as error:
            raise UpstreamUnreachable(f"no connection: {cause(error)}") from error
        self._all.add(connection)
        return connection


@functools.lru_cache(maxsize=4096)
def endpoint_of(address: str) -> tuple[str, int]:
    """Return host and port of ``http://host:port``."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80
