"""One persistent connection to a replica: HTTP/1.1 (RFC 9112), parsed by llhttp.

aiohttp's client would cost more than the rest of the gateway (`docs/decisions/deploy.md`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import cast

import httptools

from deploy.gateway.errors import (
    ClientDisconnected,
    ClientPaused,
    UpstreamConnectionError,
    UpstreamError,
    UpstreamTimeout,
)

SMALL = 64 * 1024  # up to this size an answer is read completely before it is returned
BUFFER_LIMIT = 256 * 1024  # of a larger answer, while the caller reads slowly
CHECK_EVERY_S = 1.0  # between two checks of the caller and of the timeout

Headers = list[tuple[bytes, bytes]]
Content = bytes | AsyncIterator[bytes] | None


class UpstreamConnection(asyncio.Protocol):
    """Sends requests to a replica, one after the other.

    Parameters
    ----------
    endpoint
        Host and port.
    lost
        Called once, when the connection has ended.
    """

    def __init__(self, endpoint: tuple[str, int], lost: Callable[[UpstreamConnection], None]) -> None:
        self.endpoint = endpoint
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpResponseParser(self)
        self._blocked: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._error: UpstreamError | ClientDisconnected | None = None
        self._in_request = self._only_head = self._paused = False
        self._progress: asyncio.Future[None] | None = None
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
        self._last_data = 0.0
        self._keep_alive = self._ended_by_closing = False

    async def ask(
        self,
        head: bytes,
        content: Content,
        *,
        only_head: bool,
        timeout_s: float,
        is_wanted: Callable[[], bool],
    ) -> None:
        """Send a request and wait for its answer: for all of a small one, else for its headers.

        Parameters
        ----------
        head
            Request line and headers, with the empty line.
        content
            The body, framed as `head` says; None: no body.
        only_head
            Whether the method is HEAD: the answer then has no content, whatever its headers say.
        timeout_s
            Seconds without data of the replica after which `UpstreamTimeout` is raised.
        is_wanted
            Returns whether the caller still waits for the answer.

        Raises
        ------
        UpstreamConnectionError, UpstreamTimeout
            If the replica breaks off, or sends nothing for too long.
        ClientDisconnected
            If the caller has gone, or its body breaks off.
        """
        self._begin(only_head, timeout_s, is_wanted)
        progress = self._progress = self._loop.create_future()
        if isinstance(content, bytes):
            self._transport.writelines((head, content))
        else:
            self._transport.write(head)
        sender = None
        if content is not None and not isinstance(content, bytes):
            sender = asyncio.create_task(self._send(content))
            sender.add_done_callback(self._sent)
        try:
            await progress
        finally:
            self._progress = None
            if sender is not None and not sender.done():
                self._keep_alive = (
                    False  # answered before the whole body was sent: the rest would follow on this connection
                )
                sender.cancel()
        if self._error is not None:
            raise self._error

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield the content of the answer as it arrives.

        Yields
        ------
        bytes
            Parts of any length above 0; the connection stops reading while too many wait.

        Raises
        ------
        UpstreamConnectionError, UpstreamTimeout
            If the replica breaks off before the answer is complete, or sends nothing for too long.
        ClientDisconnected
            If the caller has gone.
        """
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
            self._progress = self._loop.create_future()
            await self._progress
            self._progress = None

    def content(self) -> bytes:
        """Return the content of a complete answer."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)

    async def whole(self, most: int) -> bytes:
        """Wait for all of the content and return it.

        Parameters
        ----------
        most
            Bytes that are taken at most.

        Raises
        ------
        UpstreamError, ClientDisconnected
            As `parts`; also if there is more.
        """
        found = bytearray()
        async for part in self.parts():
            found += part
            if len(found) > most:
                raise UpstreamError(f"its document is larger than {most} bytes")
        return bytes(found)

    def replace(self, content: bytes) -> None:
        """Put other content in the place of that of a complete answer."""
        self._parts.clear()
        self._parts.append(content)
        self._buffered = len(content)

    def end(self) -> bool:
        """End the request; return whether another may follow. Closes the connection if it is not complete."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._in_request = False
        self._parts.clear()
        self._buffered = 0
        if not (self.complete and self._keep_alive and self.open) or self._error is not None:
            self.close()
        return self.open

    def close(self) -> None:
        """Close at once."""
        if self.open:
            self.open = False
            self._transport.abort()

    def _begin(self, only_head: bool, timeout_s: float, is_wanted: Callable[[], bool]) -> None:
        self._in_request, self._only_head = True, only_head
        self._timeout_s, self._is_wanted = timeout_s, is_wanted
        self.status, self.headers, self.complete = 0, [], False
        self._keep_alive = self._ended_by_closing = False
        self._last_data = self._loop.time()
        self._timer = self._loop.call_later(CHECK_EVERY_S, self._check)

    async def _send(self, content: AsyncIterator[bytes]) -> None:
        async for part in content:
            self._transport.write(part)
            self._last_data = self._loop.time()
            if self._blocked is not None:
                await self._blocked

    def _sent(self, sender: asyncio.Task[None]) -> None:
        if not sender.cancelled() and (error := sender.exception()) is not None:
            if isinstance(error, TimeoutError):
                self._fail(ClientPaused(str(error)))
            else:
                self._fail(ClientDisconnected(f"the request broke off: {error}"))

    def _check(self) -> None:
        """Fail a request whose caller has gone, or whose replica sends nothing for too long."""
        waits_for_replica = not self._paused and not self._parts
        if not self._is_wanted():
            self._fail(ClientDisconnected("the caller has gone"))
        elif waits_for_replica and self._loop.time() - self._last_data > self._timeout_s:
            self._fail(UpstreamTimeout(f"the model did not answer within {self._timeout_s:.0f} s"))
        else:
            self._timer = self._loop.call_later(CHECK_EVERY_S, self._check)

    def _fail(self, error: UpstreamError | ClientDisconnected) -> None:
        if self._in_request and not self.complete and self._error is None:
            self._error = error
        self.close()
        self._notify()

    def _notify(self) -> None:
        if self._progress is not None and not self._progress.done():
            self._progress.set_result(None)

    # Called by asyncio.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Store the transport."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's does not inherit from it

    def connection_lost(self, error: Exception | None) -> None:
        """Note the end, which may be the end of an answer (RFC 9112, section 6.3, rule 8)."""
        self.open = False
        if self._in_request and not self.complete:
            if self._ended_by_closing and error is None:
                self.complete = True
            elif self._error is None:
                self._error = UpstreamConnectionError(str(error) if error else "it closed the connection")
                self._error.heard = bool(self.status)
        self.resume_writing()
        self._notify()
        self._lost(self)

    def data_received(self, data: bytes) -> None:
        """Feed the parser."""
        if not self._in_request or self.complete:
            self.close()  # there is no request
            return
        self._last_data = self._loop.time()
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            self._fail(UpstreamConnectionError(f"it sent no HTTP answer ({error})"))

    def pause_writing(self) -> None:
        """Pause sending the body."""
        self._blocked = self._loop.create_future()

    def resume_writing(self) -> None:
        """Continue sending the body."""
        if self._blocked is not None and not self._blocked.done():
            self._blocked.set_result(None)
        self._blocked = None

    # Called by the parser.

    def on_header(self, name: bytes, value: bytes) -> None:
        """Store a header; trailers, which arrive after the status is known, are dropped."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Store the status, and determine how the content ends."""
        status = self._parser.get_status_code()
        if status < 200:  # interim answers are not forwarded
            self.headers = []
            return
        self.status = status
        self._keep_alive = self._parser.should_keep_alive()
        found = {name.lower(): value for name, value in self.headers}
        length = found.get(b"content-length")
        self._ended_by_closing = length is None and b"transfer-encoding" not in found
        if self._only_head:
            self._keep_alive = (
                self._keep_alive and not int(length or b"0") and b"transfer-encoding" not in found
            )
            self.complete = True
            self._notify()
        elif length is None or int(length) > SMALL:
            self._notify()

    def on_body(self, part: bytes) -> None:
        """Store a part of the content; pause reading if too much is buffered."""
        self._parts.append(part)
        self._buffered += len(part)
        if self._buffered > BUFFER_LIMIT and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        elif self.status and self._buffered > SMALL:
            self._notify()

    def on_message_complete(self) -> None:
        """Note that the answer is complete."""
        if self.status:
            self.complete = True
            self._notify()
