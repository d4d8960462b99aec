"""The client of the replicas: sends a call to one replica and streams its answer back."""

from __future__ import annotations

from collections.abc import Callable

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from deploy.control.controller import ChosenReplica
from deploy.control.replica_spec import GATEWAY_HEADER
from deploy.gateway.addresses import LARGEST, below, document_below, prefix_of, tells_addresses
from deploy.gateway.call_log import CallLog
from deploy.gateway.connection import UpstreamConnection
from deploy.gateway.connection_pool import ConnectionPool
from deploy.gateway.errors import ClientDisconnected, UpstreamError
from deploy.gateway.headers import REQUEST_ID, SAFE, SPECTRA, answered, forwarded, head_of, predicts
from deploy.gateway.request_body import RequestBody
from deploy.gateway.websocket import asks_for_websocket, pass_websocket
from wire.streamed import StreamedAnswer

# DEEPaaS' own server never answers when its worker has died.
ANSWER_WITHIN_S = 600.0

LOCATIONS = {b"location", b"content-location"}


class UpstreamClient:
    """Sends calls to replicas, over HTTP and websockets."""

    def __init__(self) -> None:
        self._connections = ConnectionPool()
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the session for websockets, which aiohttp handles."""
        self._session = aiohttp.ClientSession(
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5),
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("User-Agent",),
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()
        if self._session is not None:
            await self._session.close()

    async def forward(
        self,
        chosen: ChosenReplica,
        request: web.Request,
        path: str,
        body: RequestBody,
        call: CallLog,
        *,
        spare: Callable[[], object],
    ) -> web.StreamResponse | None:
        """Forward a request to a replica and return its answer.

        Parameters
        ----------
        chosen
            The replica.
        request, path, body
            The request; `path` is that on the replica, quoted.
        call
            Records version, replica and number of spectra.
        spare
            Returns whether another replica could take the request if this one answers 503.

        Returns
        -------
        response or None
            None: the request should go to another replica.

        Raises
        ------
        UpstreamError, ClientDisconnected, aiohttp.ClientError
            If there is no answer; the last for websockets only.
        """
        replica_set, replica = chosen
        call.version, call.replica = replica.version.number, replica.name
        query = request.rel_url.raw_query_string
        target = f"{path}?{query}" if query else path
        replica_set.begin(replica)
        try:
            secret = (GATEWAY_HEADER.encode(), replica.secret.encode())
            if asks_for_websocket(request):
                return await self._websocket(request, replica.address + target, call, secret)
            headers = forwarded(request.raw_headers)
            headers += (*body.headers, *_added(request, call), secret)
            host = replica.address.removeprefix("http://")
            connection = await self._connections.ask(
                replica.address,
                head_of(request.method, target, host, headers),
                body.data(),
                method=request.method,
                repeatable=request.method in SAFE or predicts(path),
                timeout_s=ANSWER_WITHIN_S,
                is_wanted=lambda: request.transport is not None and not request.transport.is_closing(),
            )
            try:
                if connection.status == 503 and spare():
                    return None
                if connection.status != 200 or request.method != "POST":
                    await self._show_below(request, connection, path, replica.address, call)
                return await self._respond(request, connection, path, call)
            finally:
                self._connections.give_back(connection)
        finally:
            replica_set.end(replica)

    async def _websocket(
        self, request: web.Request, url: str, call: CallLog, secret: tuple[bytes, bytes]
    ) -> web.StreamResponse:
        if self._session is None:
            raise RuntimeError("the proxy has not been started")
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in (*forwarded(request.raw_headers), *_added(request, call), secret):
            headers.add(name.decode(), value.decode("utf-8", "replace"))
        return await pass_websocket(request, self._session, url, headers)

    @staticmethod
    async def _show_below(
        request: web.Request, answer: UpstreamConnection, path: str, replica: str, call: CallLog
    ) -> None:
        """Rewrite the replica's own addresses in an answer: redirects, and documents with links."""
        prefix = prefix_of(call.deployment)
        found = {name.lower(): value for name, value in answer.headers}
        if found.keys() & LOCATIONS:
            answer.headers = [
                (name, _moved(value, prefix, replica) if name.lower() in LOCATIONS else value)
                for name, value in answer.headers
            ]
        if (
            request.method == "GET"
            and answer.status == 200
            and tells_addresses(path)
            and b"json" in found.get(b"content-type", b"")
            and b"content-encoding" not in found
        ):
            content = await answer.whole(LARGEST)
            answer.replace(document_below(content, prefix, replica))

    async def _respond(
        self, request: web.Request, answer: UpstreamConnection, path: str, call: CallLog
    ) -> web.StreamResponse:
        headers: CIMultiDict[str] = CIMultiDict()
        for name, value in answered(answer.headers):
            headers.add(name.decode(), value.decode("utf-8", "replace"))
        headers[REQUEST_ID] = call.id
        said = headers.get(SPECTRA, "")
        if said.isascii() and said.isdigit():
            call.spectra = int(said[:9])
        elif answer.status == 200 and request.method == "POST" and predicts(path):
            call.spectra = 1  # servers without the header: usually one spectrum per call
        if answer.complete:
            return web.Response(status=answer.status, headers=headers, body=answer.content())
        response = StreamedAnswer(status=answer.status, headers=headers)
        try:
            await response.prepare(request)
            async for part in answer.parts():
                await response.write(part)
            await response.write_eof()
        except (UpstreamError, ClientDisconnected, ConnectionError):
            # The status line was sent: only a broken connection can tell that the answer is incomplete.
            if request.transport is not None:
                request.transport.abort()
        return response


def _moved(location: bytes, prefix: str, replica: str) -> bytes:
    return below(location.decode("latin-1"), prefix, replica).encode("latin-1")


def _added(request: web.Request, call: CallLog) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that a gateway adds to a request."""
    return (
        (REQUEST_ID.encode(), call.id.encode()),
        (b"X-Forwarded-For", (call.addresses.client(request) or "unknown").encode()),
        (b"X-Forwarded-Host", call.addresses.host(request).encode()),
        (b"X-Forwarded-Proto", call.addresses.scheme(request).encode()),
    )
