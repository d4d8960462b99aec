"""Hands a call on to a replica, streamed both ways."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict, CIMultiDictProxy

from deploy.deployment import Condition, UnknownDeployment

if TYPE_CHECKING:
    from deploy.service import DeployService

# RFC 9110, section 7.6.1: what belongs to one connection only; and what is the platform's own business.
NOT_HANDED_ON = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "cookie", "authorization", "set-cookie",
    }
)  # fmt: skip
WAIT_S = 30.0  # a caller's patience with a replica that is starting
ANSWER_WITHIN_S = (
    600.0  # upstream's server hangs for ever when its worker dies: nobody waits longer than this
)
CHUNK = 64 * 1024


class Proxy:
    """A reverse proxy before the replicas.

    Parameters
    ----------
    service
        Knows where the replicas listen.
    """

    def __init__(self, service: DeployService) -> None:
        self._service = service
        self._session: aiohttp.ClientSession | None = None

    async def start(self) -> None:
        """Open the connections' pool: one for the application's life."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=5, sock_read=ANSWER_WITHIN_S),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def close(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    async def handle(self, request: web.Request, name: str, path: str) -> web.StreamResponse:
        """Hand `request` on to the replica of deployment `name` as `path` (it begins with "/")."""
        try:
            _, situation = self._service.get(name)
            address = situation.address or await self._service.address(name, WAIT_S)
        except UnknownDeployment as error:
            return problem(404, "No such deployment", str(error))
        if address is None:
            return self._not_ready(name)
        try:
            return await self._forward(request, address + path)
        except (aiohttp.ServerTimeoutError, TimeoutError):
            return problem(
                504, "No answer in time", f"the model did not answer within {ANSWER_WITHIN_S:.0f} s"
            )
        except aiohttp.ClientError as error:
            text = f"the replica of {name!r} broke off ({error}); it is being started again, try once more"
            return problem(502, "The replica broke off", text, retry_after=2)

    def _not_ready(self, name: str) -> web.Response:
        _, situation = self._service.get(name)
        if situation.condition is Condition.STOPPED:
            text = f"{name!r} is disabled; enable it on its page"
            return problem(503, "Deployment disabled", text)
        text = f"{name!r} is {situation.condition}: {situation.reason or 'not ready yet'}"
        return problem(503, "Deployment not ready", text, retry_after=5)

    async def _forward(self, request: web.Request, url: str) -> web.StreamResponse:
        if self._session is None:
            raise RuntimeError("the proxy has not been started")
        target = url + (f"?{request.query_string}" if request.query_string else "")
        async with self._session.request(
            request.method,
            target,
            headers=_handed_on(request.headers),
            data=request.content.iter_chunked(CHUNK) if request.body_exists else None,
            allow_redirects=False,
            skip_auto_headers=("User-Agent", "Content-Type"),
        ) as answer:
            response = web.StreamResponse(status=answer.status, headers=_handed_on(answer.headers))
            await response.prepare(request)
            try:
                async for chunk in answer.content.iter_chunked(CHUNK):
                    await response.write(chunk)
                await response.write_eof()
            except aiohttp.ClientError:
                # The status line is out: only a broken connection can still say that the answer is not whole.
                if request.transport is not None:
                    request.transport.abort()
            return response


def problem(status: int, title: str, detail: str, *, retry_after: int | None = None) -> web.Response:
    """Answer a problem as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers
    )


def _handed_on(headers: CIMultiDictProxy[str]) -> CIMultiDict[str]:
    """Return the end-to-end headers: neither those of the connection nor those that it names as such."""
    named = {word.strip().lower() for word in headers.get("Connection", "").split(",")}
    kept: CIMultiDict[str] = CIMultiDict()
    for key, value in headers.items():
        if key.lower() not in NOT_HANDED_ON and key.lower() not in named:
            kept.add(key, value)
    return kept
