"""The wire between the platform and the login node, which a test can cut where it likes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.integration.cluster import KNOWN_HOSTS, URL

NEVER = 2**62


@dataclass
class Wire:
    """Passes bytes on until it is cut; who connects anew finds it whole again.

    Attributes
    ----------
    up, down
        Bytes that still pass towards the login node, and from it, before the connection is cut.
    cuts
        How often that happened.
    """

    url: str = ""
    known_hosts: str = ""
    up: int = NEVER
    down: int = NEVER
    cuts: int = 0
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)

    def cut(self) -> None:
        """Cut it now: neither side is told anything more."""
        self.up = self.down = NEVER
        self.cuts += 1
        for writer in self._connections:
            writer.transport.abort()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the launcher's."""
        login = urlsplit(URL)
        there, onward = await asyncio.open_connection(login.hostname, login.port)
        ends = {writer, onward}
        self._connections |= ends
        try:
            await asyncio.gather(self._pass(reader, onward, "up"), self._pass(there, writer, "down"))
        finally:
            self._connections -= ends
            for end in ends:
                end.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: str) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(2**14):
                left = getattr(self, way) - len(data)
                if left < 0:
                    self.cut()
                    return
                setattr(self, way, left)
                writer.write(data)
                await writer.drain()
            writer.write_eof()


@contextlib.asynccontextmanager
async def strung(folder: Path) -> AsyncIterator[Wire]:
    """Give a wire to the login node; `folder` gets the file of known hosts that goes with it."""
    wire = Wire()
    server = await asyncio.start_server(wire.connect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    key = " ".join(KNOWN_HOSTS.read_text().split()[1:3])
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {key}\n")
    wire.url, wire.known_hosts = (
        f"ssh://{urlsplit(URL).username}@127.0.0.1:{port}",
        str(folder / "known_hosts"),
    )
    async with server:
        yield wire
        wire.cut()
