"""Streams answers over HTTP: every socket checked, redirects, sizes and times bounded, cuts resumed."""

from __future__ import annotations

import asyncio
import re
import time
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp import hdrs
from yarl import URL

from dashboard.base.outbound import guarded_connector
from dashboard.data.sources.record import Fault, FetchError
from dashboard.data.sources.transport.errors import as_fetch_errors
from dashboard.data.sources.transport.limits import TransferLimits
from dashboard.data.sources.transport.turns import Turns

MOST_REDIRECTS = 8
BLOCK = 1 << 16
RESUMES = 5  # of one transfer that is cut
LONGEST_ADDRESS = 8000
AGENT = "Huggins (spectra for machine learning)"
GONE = (404, 410)
BUSY = (429, 503)
#: What an address may have as it is; the rest is escaped, and what is escaped stays as it is.
SAFE = "%/:=&?~+!$,;'@()*[]-._"
STRAY = re.compile("%(?![0-9A-Fa-f]{2})")  # of a name that was not escaped


@dataclass
class Answer:
    """The head of an answer, and its body."""

    response: aiohttp.ClientResponse
    limits: TransferLimits
    failure: FetchError | None = None

    @property
    def url(self) -> str:
        """Its address after redirects."""
        return str(self.response.url)

    @property
    def content_type(self) -> str:
        """Its media type, in lower case, without parameters."""
        return self.response.content_type.lower()

    @property
    def length(self) -> int | None:
        """Bytes of its body, where the server says so."""
        return self.response.content_length

    async def body(self, most: int) -> bytes:
        """Return the whole body, of at most so many bytes; errors as `blocks`."""
        return b"".join([block async for block in self.blocks(most)])

    async def blocks(self, most: int) -> AsyncIterator[bytes]:
        """Yield the body, not decoded.

        Parameters
        ----------
        most : int
            Bytes; more are an error.

        Yields
        ------
        bytes
            The next bytes.

        Raises
        ------
        FetchError
            If it is too large, or too slow.
        """
        began, size = time.monotonic(), 0
        if self.length is not None and self.length > most:
            raise too_large(most)
        async for block in self.response.content.iter_chunked(BLOCK):
            size += len(block)
            if size > most:
                raise too_large(most)
            passed = time.monotonic() - began
            if passed > self.limits.silence_s and size < self.limits.least_rate * passed:
                raise FetchError(Fault.SLOW, f"{size / passed:.0f} bytes a second after {passed:.0f} s")
            yield block


class HttpClient:
    """An HTTP client of sources; open it with ``async with``.

    Parameters
    ----------
    limits : TransferLimits
        Of each transfer.
    turns : Turns
        How many requests a host gets at once.
    """

    def __init__(self, limits: TransferLimits, turns: Turns) -> None:
        self._limits = limits
        self._turns = turns
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=min(self._limits.silence_s, 30.0), sock_read=self._limits.silence_s
        )
        self._session = aiohttp.ClientSession(
            connector=guarded_connector(self._limits.networks, keep_alive=True),
            timeout=timeout,
            auto_decompress=False,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={hdrs.USER_AGENT: AGENT, hdrs.ACCEPT_ENCODING: "identity"},
            max_field_size=8190,
        )

    async def stop(self) -> None:
        """Close every connection."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @asynccontextmanager
    async def ask(
        self,
        address: str,
        *,
        method: str = "GET",
        most_redirects: int = MOST_REDIRECTS,
        errors: bool = False,
        **request: Any,
    ) -> AsyncIterator[Answer]:
        """Send a request; the block reads the answer.

        Parameters
        ----------
        address : str
            ``http`` or ``https``.
        method : str
            HTTP method.
        most_redirects : int
            Redirects that are followed; 0: none, and a redirect is an answer.
        errors : bool
            Whether an error is an answer, too, for the service's words; its `failure` says so.
        **request : object
            As for `aiohttp.ClientSession.request`: ``headers``, ``data``, ``auth``, ``middlewares``.

        Yields
        ------
        Answer
            Of a success, or of a redirect where none is followed.

        Raises
        ------
        FetchError
            If there is no such answer.
        """
        host = host_of(address)
        if self._session is None:
            raise RuntimeError("the client is not open")
        async with self._turns.at(host):
            with as_fetch_errors():
                # A head that trickles is no silence: it has a limit of its own.
                async with asyncio.timeout(2 * self._limits.silence_s):
                    response = await self._session.request(
                        method,
                        exact(address),
                        allow_redirects=most_redirects > 0,
                        max_redirects=max(most_redirects, 1),
                        **request,
                    )
            try:
                failure = self._failure(response, host)
                if failure and not errors:
                    raise failure
                with as_fetch_errors():
                    yield Answer(response, self._limits, failure)
            finally:
                if response.content.at_eof():
                    response.release()
                else:
                    response.close()

    async def document(self, address: str, *, most: int = 0, **request: Any) -> tuple[bytes, str]:
        """Return a small body, and its address after redirects.

        Parameters
        ----------
        address : str
            ``http`` or ``https``.
        most : int
            Bytes; 0: what a list may have.
        **request : object
            As for `ask`.
        """
        async with self.ask(address, **request) as answer:
            found = bytearray()
            async for block in _decoded(answer, most or self._limits.document_bytes):
                found += block
            return bytes(found), answer.url

    async def stream(self, address: str, *, most: int = 0, **request: Any) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; a transfer that is cut goes on where it was cut.

        Parameters
        ----------
        address : str
            ``http`` or ``https``.
        most : int
            Bytes; 0: what a file may have.
        **request : object
            As for `ask`.

        Yields
        ------
        bytes
            The next bytes.

        Raises
        ------
        FetchError
            If it cannot be fetched to its end.
        """
        most = most or self._limits.file_bytes
        size, mark = 0, ""
        headers = dict(request.pop("headers", {}))
        for left in range(RESUMES, -1, -1):
            going_on = {"Range": f"bytes={size}-", "If-Range": mark} if size else {}
            try:
                async with self.ask(address, headers=headers | going_on, **request) as answer:
                    if size and answer.response.status != 206:
                        raise FetchError(Fault.CUT, f"cut after {size} bytes, and cannot be resumed")
                    mark = _mark_of(answer)
                    coded = _decoded(answer, most - size) if not size else answer.blocks(most - size)
                    async for block in coded:
                        size += len(block)
                        yield block
            except FetchError as error:
                resumable = error.fault is Fault.CUT and size and mark and left
                if not resumable:
                    raise
            else:
                return

    def _failure(self, response: aiohttp.ClientResponse, host: str) -> FetchError | None:
        status = response.status
        if status < 400:
            return None
        said = f"{status} {response.reason or ''}".strip()
        if status in (401, 403):
            return FetchError(Fault.CREDENTIALS, said, status=status)
        if status in GONE:
            return FetchError(Fault.NOT_FOUND, said, status=status)
        if status in BUSY:
            retry_s = _seconds(response.headers.get(hdrs.RETRY_AFTER, ""))
            self._turns.rest(host, retry_s or 1.0)
            return FetchError(Fault.BUSY, said, status=status, retry_s=retry_s)
        return FetchError(Fault.STATUS, said, status=status)


def host_of(address: str) -> str:
    """Return host and port of an address.

    Raises
    ------
    FetchError
        If it is no address of HTTP.
    """
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise FetchError(Fault.ADDRESS, f"{address[:200]!r} is no address: {error}") from error
    if parts.scheme not in {"http", "https"} or not host or len(address) > LONGEST_ADDRESS:
        raise FetchError(Fault.ADDRESS, f"{address[:200]!r} is no address of http or https")
    return f"{host}:{port or (443 if parts.scheme == 'https' else 80)}"


def exact(address: str) -> URL:
    """Return an address as it is sent: what is escaped stays so, what must be escaped is."""
    plain = STRAY.sub("%25", address.partition("#")[0].strip())
    return URL(quote(plain, safe=SAFE), encoded=True)


def origin_of(address: str) -> str:
    """Return scheme, host and port of an address; empty if it is none."""
    try:
        return f"{urlsplit(address).scheme}://{host_of(address)}"
    except FetchError:
        return ""


def too_large(most: int) -> FetchError:
    """Return the error of what has more bytes than it may."""
    return FetchError(Fault.TOO_LARGE, f"more than {most:,} bytes")


def _mark_of(answer: Answer) -> str:
    """Return what says that a file is still the same; a weak tag says nothing of single bytes."""
    headers: Mapping[str, str] = answer.response.headers
    if headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity":
        return ""
    tag = headers.get(hdrs.ETAG, "")
    return tag if tag and not tag.startswith("W/") else headers.get(hdrs.LAST_MODIFIED, "")


async def _decoded(answer: Answer, most: int) -> AsyncIterator[bytes]:
    """Yield a body without its ``Content-Encoding``, which some servers add to what is not packed."""
    coding = answer.response.headers.get(hdrs.CONTENT_ENCODING, "identity").lower()
    packed_file = urlsplit(answer.url).path.lower().endswith((".gz", ".tgz", ".gzip"))
    if coding in {"", "identity"} or packed_file:
        async for block in answer.blocks(most):
            yield block
        return
    if coding not in {"gzip", "x-gzip", "deflate"}:
        raise FetchError(
            Fault.DAMAGED, f"it has the Content-Encoding {coding[:40]!r}, which nobody asked for"
        )
    unpack, size = zlib.decompressobj(zlib.MAX_WBITS | 32), 0
    async for block in answer.blocks(most):
        packed = block
        while packed:
            try:
                plain = unpack.decompress(packed, BLOCK)
            except zlib.error as error:
                raise FetchError(Fault.DAMAGED, f"its Content-Encoding is wrong: {error}") from error
            size += len(plain)
            if size > most:
                raise too_large(most)
            if plain:
                yield plain
            packed = unpack.unconsumed_tail
    if not unpack.eof:
        raise FetchError(Fault.CUT, "its packed body ends too early")


def _seconds(text: str) -> float | None:
    return float(text) if text.isascii() and text.isdigit() and len(text) < 7 else None
