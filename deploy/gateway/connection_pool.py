"""The connections to all replicas, kept open between requests."""

from __future__ import annotations

import asyncio
import functools
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

from deploy.gateway.connection import Connection, Content
from deploy.gateway.errors import Broken, Unreachable

CONNECT_WITHIN_S = 5.0
KEPT_S = 15.0  # servers close idle connections after 60 s and more: one that is so young is likely there


class Connections:
    """Asks replicas at their addresses."""

    def __init__(self) -> None:
        self._idle: defaultdict[tuple[str, int], list[Connection]] = defaultdict(list)
        self._all: set[Connection] = set()

    async def ask(
        self,
        address: str,
        head: bytes,
        content: Content,
        *,
        method: str,
        repeatable: bool,
        patience_s: float,
        wanted: Callable[[], bool],
    ) -> Connection:
        """Ask the replica at ``http://host:port``; return the connection with the answer: to be given back.

        Parameters
        ----------
        head, content, patience_s, wanted
            See `Connection.ask`.
        method
            Of the request.
        repeatable
            Whether it may be asked for again: only then is a kept connection used, which may be closed on the
            other side just now.

        Raises
        ------
        Unreachable, Broken, Late, CallerLeft
            See `deploy.gateway.errors`.
        """
        place = place_of(address)
        again = repeatable and isinstance(content, bytes | None)
        connection = (self._kept(place) if again else None) or await self._connect(place)
        try:
            await connection.ask(
                head, content, only_head=method == "HEAD", patience_s=patience_s, wanted=wanted
            )
        except Broken as error:
            self.give_back(connection)
            if error.heard or not connection.reused:
                raise
        except BaseException:
            self.give_back(connection)
            raise
        else:
            return connection
        return await self.ask(
            address, head, content, method=method, repeatable=False, patience_s=patience_s, wanted=wanted
        )

    def give_back(self, connection: Connection) -> None:
        """Keep a connection for the next request, if one may follow on it."""
        if connection.end():
            connection.idle_since = asyncio.get_running_loop().time()
            connection.reused = True
            self._idle[connection.place].append(connection)

    async def close(self) -> None:
        """Close all connections."""
        for connection in list(self._all):
            connection.close()
        self._idle.clear()

    def _kept(self, place: tuple[str, int]) -> Connection | None:
        """Return the connection that was used last, where it is young enough."""
        kept = self._idle.get(place)
        if not kept:
            return None
        connection = kept.pop()
        if asyncio.get_running_loop().time() - connection.idle_since <= KEPT_S:
            return connection
        for old in (connection, *kept):
            old.close()
        kept.clear()
        return None

    async def _connect(self, place: tuple[str, int]) -> Connection:
        def lost(connection: Connection) -> None:
            self._all.discard(connection)
            kept = self._idle[place]
            if connection in kept:
                kept.remove(connection)
            if not kept:
                del self._idle[place]

        try:
            async with asyncio.timeout(CONNECT_WITHIN_S):
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(place, lost), *place
                )
        except TimeoutError:
            raise Unreachable(
                f"{place[0]}:{place[1]} took no connection in {CONNECT_WITHIN_S:.0f} s"
            ) from None
        except OSError as error:
            raise Unreachable(f"{place[0]}:{place[1]}: {error}") from error
        self._all.add(connection)
        return connection


@functools.lru_cache(maxsize=4096)
def place_of(address: str) -> tuple[str, int]:
    """Return host and port of ``http://host:port``."""
    parts = urlsplit(address)
    return parts.hostname or "", parts.port or 80
