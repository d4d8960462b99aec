"""Errors of the gateway: why a replica gave no answer, and problem documents (RFC 9457)."""

from __future__ import annotations

import json
import os

import aiohttp
from aiohttp import web


class UpstreamError(Exception):
    """A replica gave no answer."""


class UpstreamUnreachable(UpstreamError):
    """No connection could be opened; nothing was sent."""


class UpstreamConnectionError(UpstreamError):
    """The connection ended, or carried something other than HTTP, before the answer was complete."""

    heard = True  # whether a part of the answer had arrived


class UpstreamTimeout(UpstreamError):
    """The replica sent nothing for too long."""


class ClientDisconnected(Exception):
    """The caller closed the connection, or stopped sending its request."""


class ClientPaused(ClientDisconnected):
    """The caller's request did not go on in time."""


def cause(error: Exception) -> str:
    """Return why a replica did not answer, without its address: callers are not told where replicas listen.

    Parameters
    ----------
    error
        Of aiohttp's client, or of the system.
    """
    if isinstance(error, aiohttp.WSServerHandshakeError):
        return f"it answered {error.status} to the request for a websocket"
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return "it closed the connection"
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    number = error.errno if isinstance(error, OSError) else None
    return os.strerror(number) if number else type(error).__name__


def problem(status: int, title: str, detail: str, *, retry_after: int | None = None) -> web.Response:
    """Return a problem document as a response (RFC 9457).

    Parameters
    ----------
    status
        The HTTP status.
    title, detail
        Text for a person: the kind of problem, and this occurrence of it.
    retry_after
        Seconds after which a repetition may succeed; sent as ``Retry-After``.
    """
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers
    )
