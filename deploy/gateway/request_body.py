"""A request's body on its way to a replica: streamed; a small one is held, so that it can be sent again."""

from __future__ import annotations

from collections.abc import AsyncIterator

from aiohttp import web

BUFFERED = 1024 * 1024  # bytes of one body
BUFFERED_TOGETHER = 64 * BUFFERED  # of all that are under way
CHUNK = 64 * 1024


class BufferBudget:
    """Counts how much is held."""

    def __init__(self) -> None:
        self.size = 0


class RequestBody:
    """One request's body; a context manager, so that what it holds is counted out again.

    Parameters
    ----------
    request
        Whose.
    budget
        Counts what all bodies hold together.
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
                # Whole before a replica is chosen: a slow caller keeps none of them waiting.
                self._whole = await self._request.read() if self._request.can_read_body else b""
            except BaseException:
                self._budget.size -= length
                raise
        return self

    async def __aexit__(self, *_error: object) -> None:
        self._budget.size -= self._size

    @property
    def replayable(self) -> bool:
        """Whether it can be sent (once more)."""
        return self._whole is not None or not self._begun

    @property
    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Return how the body is framed (RFC 9112, section 6)."""
        if not self._request.body_exists:
            return () if self._request.method in {"GET", "HEAD"} else ((b"Content-Length", b"0"),)
        if self._whole is not None:
            return ((b"Content-Length", str(len(self._whole)).encode()),)
        if self._request.content_length is not None:
            return ((b"Content-Length", str(self._request.content_length).encode()),)
        return ((b"Transfer-Encoding", b"chunked"),)

    def data(self) -> bytes | AsyncIterator[bytes] | None:
        """Return what is sent, framed as `headers` says."""
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
