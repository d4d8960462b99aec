"""Websockets through the gateway: messages are copied both ways."""

from __future__ import annotations

import asyncio

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from deploy.gateway.errors import UpstreamError, cause

LARGEST_MESSAGE = 16 * 1024 * 1024
HANDSHAKE = (
    "Sec-WebSocket-Key",
    "Sec-WebSocket-Version",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
)
Socket = aiohttp.ClientWebSocketResponse | web.WebSocketResponse


def asks_for_websocket(request: web.Request) -> bool:
    """Return whether a request asks for an upgrade to a websocket."""
    return request.headers.get("Upgrade", "").lower() == "websocket"


async def pass_websocket(
    request: web.Request, session: aiohttp.ClientSession, url: str, headers: CIMultiDict[str]
) -> web.WebSocketResponse:
    """Connect the websocket of a caller with one of a replica, until either closes it.

    Parameters
    ----------
    request
        The request for the upgrade.
    session, url
        Client session, and address on the replica.
    headers
        Forwarded to the replica, without those of the handshake.

    Raises
    ------
    UpstreamError
        The replica speaks no websocket there.
    """
    protocols = [
        word.strip() for word in request.headers.get("Sec-WebSocket-Protocol", "").split(",") if word.strip()
    ]
    for name in HANDSHAKE:
        headers.popall(name, None)
    try:
        inner = await session.ws_connect(
            url, protocols=protocols, headers=headers, max_msg_size=LARGEST_MESSAGE
        )
    except aiohttp.ClientError as error:
        raise UpstreamError(cause(error)) from error
    async with inner:
        return await _connect(request, inner)


async def _connect(request: web.Request, inner: aiohttp.ClientWebSocketResponse) -> web.WebSocketResponse:
    chosen = [inner.protocol] if inner.protocol else []
    outer = web.WebSocketResponse(protocols=chosen, max_msg_size=LARGEST_MESSAGE)
    await outer.prepare(request)
    pumps = [asyncio.create_task(_pump(outer, inner)), asyncio.create_task(_pump(inner, outer))]
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    code = inner.close_code or outer.close_code or aiohttp.WSCloseCode.OK
    await outer.close(code=code)
    return outer


async def _pump(source: Socket, target: Socket) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
