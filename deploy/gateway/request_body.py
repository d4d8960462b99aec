"""The body of a request: streamed to a replica; a small one is buffered, so that it can be sent again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from aiohttp import web

BUFFERED = 1024 * 1024  # most bytes of one body
BUFFERED_TOGETHER = 64 * BUFFERED  # of all requests in progress
CHUNK = 64 * 1024
WITHIN_S = 60.0  # for a body that is buffered


class BufferBudget:
    """Counts the bytes that all requests in progress buffer."""

    def __init__(self) -> None:
        self.size = 0


class RequestBody:
    """The body of one request; a context manager that releases its part of the budget.

    Parameters
    ----------
    request
        The request.
    budget
        Counts the bytes of all bodies.
    """

    def __init__(self, request: web.Request, budget: BufferBudget) -> None:
        self._request = request
        self._budget = budget
        self._size = 0
        self._whole: bytes | None = None
        self._begun = False

    async def __aenter__(self) -> RequestBody:
        length = self._request.content_length
        if length is not None and length <= BUFFERED and self._budget.size + length <= BUFFERED_TOGETHER:
            self._size = length
            self._budget.size += length
            try:
                # Read before a replica is chosen, so that a slow caller occupies no replica.
                async with asyncio.timeout(WITHIN_S):
                    self._whole = await self._request.read() if self._request.can_read_body else b""
            except BaseException:
                self._budget.size -= length
                raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._budget.size -= self._size

    @property
    def replayable(self) -> bool:
        """Whether the body can still be sent from its beginning."""
        return self._whole is not None or not self._begun

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """The headers that frame the body (RFC 9112, section 6)."""
        if not self._request.body_exists:
            return () if self._request.method in {"GET", "HEAD"} else ((b"Content-Length", b"0"),)
        if self._whole is not None:
            return ((b"Content-Length", str(len(self._whole)).encode()),)
        if self._request.content_length is not None:
            return ((b"Content-Length", str(self._request.content_length).encode()),)
        return ((b"Transfer-Encoding", b"chunked"),)

    def data(self) -> bytes | AsyncIterator[bytes] | None:
        """Return the body to send, framed as `headers` says."""
        if not self._request.body_exists:
            return None
        return self._whole if self._whole is not None else self._stream()

    async def _stream(self) -> AsyncIterator[bytes]:
        self._begun = True
        chunked = self._request.content_length is None
        async for chunk in self._request.content.iter_chunked(CHUNK):
            yield b"%x\r\n%b\r\n" % (len(chunk), chunk) if chunked else chunk
        if chunked:
            yield b"0\r\n\r\n"
