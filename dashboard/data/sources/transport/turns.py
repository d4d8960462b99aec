"""Politeness: how many requests a host gets at once, and when it asked to be left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

LONGEST_REST_S = 300.0  # that a server may ask for


@dataclass
class _Host:
    """One host: free places, and the time before which it is not asked."""

    places: asyncio.Semaphore
    resting_until: float = 0.0
    waiting: int = 0


@dataclass
class Turns:
    """Requests by host.

    Parameters
    ----------
    per_host : int
        The most requests to one host at once, of all acquisitions together.
    """

    per_host: int
    _hosts: dict[str, _Host] = field(default_factory=dict)

    @asynccontextmanager
    async def at(self, host: str) -> AsyncIterator[None]:
        """Wait until a host may be asked; the block is the request.

        Parameters
        ----------
        host : str
            Name and port.

        Yields
        ------
        None
            Once.
        """
        found = self._hosts.setdefault(host, _Host(asyncio.Semaphore(self.per_host)))
        found.waiting += 1
        try:
            async with found.places:
                rest = found.resting_until - asyncio.get_running_loop().time()
                if rest > 0:
                    await asyncio.sleep(rest)
                yield
        finally:
            found.waiting -= 1
            if not found.waiting:
                self._hosts.pop(host, None)

    def rest(self, host: str, seconds: float) -> None:
        """Ask a host nothing for a while: it said that it is busy."""
        found = self._hosts.get(host)
        if found is not None:
            until = asyncio.get_running_loop().time() + min(seconds, LONGEST_REST_S)
            found.resting_until = max(found.resting_until, until)
