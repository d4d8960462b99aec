"""A proxy on loopback through which git reaches allowed addresses only, whatever a name resolves to."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

from dashboard.base.outbound import Network, address_allowed, parse_networks

HEAD_LIMIT = 16 * 1024
BLOCK = 2**16


class GuardedProxy:
    """Answers CONNECT and plain HTTP requests whose target is public, or in an allowed network.

    Parameters
    ----------
    networks : sequence of str
        CIDR; allowed beside public addresses.
    """

    def __init__(self, networks: Sequence[str]) -> None:
        self._networks: list[Network] = parse_networks(networks)
        #: Addresses that were asked for and denied.
        self.denied: list[str] = []

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[str]:
        """Listen while the block runs; yields the address of the proxy."""
        server = await asyncio.start_server(self._answer, "127.0.0.1", 0, limit=HEAD_LIMIT)
        host, port = server.sockets[0].getsockname()[:2]
        try:
            yield f"http://{host}:{port}"
        finally:
            server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b"\r\n")[0].decode("ascii").split(" ")
            connect = method == "CONNECT"
            host, port = _place(target, connect=connect)
            address = await self._allowed(host, port)
            if address is None:
                self.denied.append(host)
                writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                await writer.drain()
            else:
                await self._join(reader, writer, address, port, head=b"" if connect else _relative(head))
        writer.close()

    async def _allowed(self, host: str, port: int) -> str | None:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except OSError:
            return None
        # One address that is not allowed denies all: the connection goes to the one that was checked.
        addresses = [str(entry[4][0]) for entry in found]
        if not addresses or not all(address_allowed(one, self._networks) for one in addresses):
            return None
        return addresses[0]

    @staticmethod
    async def _join(
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        address: str,
        port: int,
        *,
        head: bytes,
    ) -> None:
        far_reader, far_writer = await asyncio.open_connection(address, port)
        if head:
            far_writer.write(head)
        else:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await asyncio.gather(_copy(reader, far_writer), _copy(far_reader, writer), return_exceptions=True)
        far_writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while block := await reader.read(BLOCK):
        writer.write(block)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


def _place(target: str, *, connect: bool) -> tuple[str, int]:
    authority = target if connect else target.partition("://")[2].partition("/")[0]
    host, _, port = (
        authority.rpartition(":") if ":" in authority.rpartition("]")[2] else (authority, "", "80")
    )
    return host.strip("[]"), int(port)


def _relative(head: bytes) -> bytes:
    """Return a request to a proxy as one to the server; the connection ends with it."""
    lines = head.split(b"\r\n")
    method, target, version = lines[0].split(b" ")
    path = b"/" + target.partition(b"://")[2].partition(b"/")[2]
    dropped = (b"proxy-", b"connection:")
    kept = [line for line in lines[1:-2] if not line.lower().startswith(dropped)]
    return b"\r\n".join([b" ".join((method, path, version)), *kept, b"Connection: close", b"", b""])
