"""Ports and sockets of another host, forwarded to this one over SSH."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncssh

from launchers.base import NodeDown
from launchers.remote.ssh import SshShell

#: Bytes that are forwarded at once.
PIECE = 2**16

LOOPBACK = "127.0.0.1"


class Tunnels:
    """The tunnels to one host; a tunnel keeps its local address over reconnections.

    Attributes
    ----------
    fault : NodeDown or None
        Why the last connection through a tunnel could not be made; None if it could.
    """

    def __init__(self, shell: SshShell) -> None:
        self.fault: NodeDown | None = None
        self._shell = shell
        self._servers: dict[tuple[str, int] | str, asyncio.Server] = {}
        self._opening = asyncio.Lock()
        self._forwarding: set[asyncio.Task[None]] = set()
        self._folder: Path | None = None

    async def address(self, there: str | None) -> str | None:
        """Return the local address of ``http://HOST:PORT`` of the other host."""
        if there is None:
            return None
        parts = urlsplit(there)
        server = await self._server((parts.hostname or LOOPBACK, parts.port or 80))
        return f"http://{LOOPBACK}:{server.sockets[0].getsockname()[1]}"

    async def socket(self, path: str) -> str:
        """Return the path of a local Unix socket, for this user only, that is forwarded to `path` there."""
        server = await self._server(path)
        return str(server.sockets[0].getsockname())

    async def close(self) -> None:
        """Close the tunnels and their connections."""
        for server in self._servers.values():
            server.close()
        for task in self._forwarding:
            task.cancel()
        await asyncio.gather(*self._forwarding, return_exceptions=True)
        self._servers.clear()
        if self._folder is not None:
            await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)
            self._folder = None
        await self._shell.close()

    async def _server(self, target: tuple[str, int] | str) -> asyncio.Server:
        async with self._opening:
            if target not in self._servers:
                self._servers[target] = await self._open(target)
            return self._servers[target]

    async def _open(self, target: tuple[str, int] | str) -> asyncio.Server:
        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._forward(target, reader, writer))
            self._forwarding.add(task)
            task.add_done_callback(self._forwarding.discard)

        if not isinstance(target, str):
            return await asyncio.start_server(accept, LOOPBACK, 0)
        if self._folder is None:
            self._folder = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="huggins-ssh-"))
        return await asyncio.start_unix_server(accept, self._folder / str(len(self._servers)))

    async def _forward(
        self, target: tuple[str, int] | str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            there_reader, there_writer = await self._shell.reach(target)
        except NodeDown as error:
            self.fault = error
            writer.transport.abort()
            return
        self.fault = None
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(_copy(reader, there_writer))
                both.create_task(_copy(there_reader, writer))
        except* (OSError, asyncssh.Error):
            writer.transport.abort()  # one end closed: the other must not take this for the whole answer
        finally:
            there_writer.close()
            writer.close()


async def _copy(reader: Any, writer: Any) -> None:
    while data := await reader.read(PIECE):
        writer.write(data)
        await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof()
