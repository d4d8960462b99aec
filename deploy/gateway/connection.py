"""One kept-alive connection to a replica: HTTP/1.1 (RFC 9112) with as little work for a request as can be.

aiohttp's client costs more than all else on the way (`docs/decisions/deploy.md`); the parser is llhttp.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import cast

import httptools

from deploy.gateway.errors import ClientDisconnected, UpstreamConnectionError, UpstreamError, UpstreamTimeout

SMALL = 64 * 1024  # an answer up to here is waited for whole
MOST_BUFFERED = 256 * 1024  # of a larger one, while whoever asked is slow to take it
LOOK_EVERY_S = 1.0  # is the caller still there, is the replica too late?

Headers = list[tuple[bytes, bytes]]
Content = bytes | AsyncIterator[bytes] | None


class UpstreamConnection(asyncio.Protocol):
    """Asks a replica, one request after the other.

    Parameters
    ----------
    endpoint
        Host and port.
    lost
        Called once when the connection has ended.
    """

    def __init__(self, endpoint: tuple[str, int], lost: Callable[[UpstreamConnection], None]) -> None:
        self.endpoint = endpoint
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._blocked: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: UpstreamError | ClientDisconnected | None = None
        self._asking = self._only_head = self._paused = False
        self._news: asyncio.Future[None] | None = None
        self._parts: deque[bytes] = deque()
        self._buffered = 0
        self._is_wanted: Callable[[], bool] = bool
        self._timeout_s = 0.0
        self.open = True
        self.reused = False
        self.idle_since = 0.0
        self.status = 0
        self.headers: Headers = []
        self.complete = True
        self._heard = 0.0
        self._keep = self._ended_by_closing = False

    async def ask(
        self,
        head: bytes,
        content: Content,
        *,
        only_head: bool,
        timeout_s: float,
        is_wanted: Callable[[], bool],
    ) -> None:
        """Send a request and wait for its answer: whole where it is small, else until its headers are there.

        Parameters
        ----------
        head
            Request line and headers, with the empty line.
        content
            Framed as `head` says.
        only_head
            Whether it is a HEAD: its answer has no content, whatever the headers say.
        timeout_s
            Seconds without a sign of the replica after which it is `UpstreamTimeout`.
        is_wanted
            Whether somebody still waits for the answer.

        Raises
        ------
        UpstreamConnectionError, UpstreamTimeout
            By the replica.
        ClientDisconnected
            By who asks.
        """
        self._begin(only_head, timeout_s, is_wanted)
        news = self._news = self._loop.create_future()
        if isinstance(content, bytes):
            self._transport.writelines((head, content))
        else:
            self._transport.write(head)
        sender = None
        if content is not None and not isinstance(content, bytes):
            sender = asyncio.create_task(self._send(content))
            sender.add_done_callback(self._sent)
        try:
            await news
        finally:
            self._news = None
            if sender is not None and not sender.done():
                self._keep = False  # answered before it had everything: the rest would follow here
                sender.cancel()
        if self._error is not None:
            raise self._error

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the content as it comes; raises as `ask` does."""
        while True:
            while self._parts:
                part = self._parts.popleft()
                self._buffered -= len(part)
                yield part
            if self._paused:
                self._paused = False
                self._transport.resume_reading()
            if self._error is not None:
                raise self._error
            if self.complete:
                return
            self._news = self._loop.create_future()
            await self._news
            self._news = None

    def content(self) -> bytes:
        """Return the content of an answer that is complete."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    def end(self) -> bool:
        """End the exchange; return whether another one may follow. What is not complete is broken off."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._asking = False
        self._parts.clear()
        self._buffered = 0
        if not (self.complete and self._keep and self.open) or self._error is not None:
            self.close()
        return self.open

    def close(self) -> None:
        """Close at once."""
        if self.open:
            self.open = False
            self._transport.abort()

    def _begin(self, only_head: bool, timeout_s: float, is_wanted: Callable[[], bool]) -> None:
        self._asking, self._only_head = True, only_head
        self._timeout_s, self._is_wanted = timeout_s, is_wanted
        self.status, self.headers, self.complete = 0, [], False
        self._keep = self._ended_by_closing = False
        self._heard = self._loop.time()
        self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    async def _send(self, content: AsyncIterator[bytes]) -> None:
        async for part in content:
            self._transport.write(part)
            self._heard = self._loop.time()
            if self._blocked is not None:
                await self._blocked

    def _sent(self, sender: asyncio.Task[None]) -> None:
        if not sender.cancelled() and (error := sender.exception()) is not None:
            self._fail(ClientDisconnected(f"the request broke off: {error}"))

    def _look(self) -> None:
        """Give up an exchange that nobody waits for, or that the replica forgot."""
        waits_for_replica = not self._paused and not self._parts
        if not self._is_wanted():
            self._fail(ClientDisconnected("the caller has gone"))
        elif waits_for_replica and self._loop.time() - self._heard > self._timeout_s:
            self._fail(UpstreamTimeout(f"the model did not answer within {self._timeout_s:.0f} s"))
        else:
            self._timer = self._loop.call_later(LOOK_EVERY_S, self._look)

    def _fail(self, error: UpstreamError | ClientDisconnected) -> None:
        if self._asking and not self.complete and self._error is None:
            self._error = error
        self.close()
        self._tell()

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance

    def connection_lost(self, error: Exception | None) -> None:
        """End: that may be the end of an answer (RFC 9112, section 6.3, rule 8)."""
        self.open = False
        if self._asking and not self.complete:
            if self._ended_by_closing and error is None:
                self.complete = True
            elif self._error is None:
                self._error = UpstreamConnectionError(str(error) if error else "it closed the connection")
                self._error.heard = bool(self.status)
        self.resume_writing()
        self._tell()
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        """Parse."""
        if not self._asking or self.complete:
            self.close()  # nobody asked
            return
        self._heard = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamConnectionError(f"what it said is no HTTP answer ({error})"))

    def pause_writing(self) -> None:
        """Stop sending."""
        self._blocked = self._loop.create_future()

    def resume_writing(self) -> None:
        """Go on sending."""
        if self._blocked is not None and not self._blocked.done():
            self._blocked.set_result(None)
        self._blocked = None

    # What the parser calls.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Keep a header; trailers come when the status is known and are dropped."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Find out how the content ends."""
        status = self._parser.get_status_code()
        if status < 200:  # interim answers are for this connection
            self.headers = []
            return
        self.status = status
        self._keep = self._parser.should_keep_alive()
        found = {name.lower(): value for name, value in self.headers}
        length = found.get(b"content-length")
        self._ended_by_closing = length is None and b"transfer-encoding" not in found
        if self._only_head:
            self._keep = self._keep and not int(length or b"0") and b"transfer-encoding" not in found
            self.complete = True
            self._tell()
        elif length is None or int(length) > SMALL:
            self._tell()

    def on_body(self, part: bytes) -> None:
        """Keep a part of the content; stop reading where too much waits."""
        self._parts.append(part)
        self._buffered += len(part)
        if self._buffered > MOST_BUFFERED and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        elif self.status and self._buffered > SMALL:
            self._tell()

    def on_message_complete(self) -> None:
        """Note the end of the answer."""
        if self.status:
            self.complete = True
            self._tell()
