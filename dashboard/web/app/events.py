"""Server-sent events of live topics (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import time

from aiohttp import hdrs, web

from dashboard.auth.identity import Identity
from dashboard.auth.policy import follows
from dashboard.base.errors import FieldError, Invalid, ServiceError
from dashboard.base.events import SHARED, LiveEvent
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY, TOKEN
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.permissions import rows
from dashboard.web.schemas.platform import LiveQuery
from wire.streamed import StreamedAnswer

endpoints = Endpoints("Live", "live")
KEEP_ALIVE_S = 20.0  # between two comments: proxies close silent connections
RETRY_MS = 1500  # after which a browser connects again
MOST_TOPICS = 50


@endpoints.get(
    "/live",
    "Follow topics as server-sent events, resumable by Last-Event-ID",
    visitors=True,
    query=LiveQuery,
    answer=TEXT,
    answer_type="text/event-stream",
    permission=rows.SHOWN,
)
async def live(request: web.Request) -> web.StreamResponse:
    """Stream the events of topics until the reader goes away or the platform stops.

    Parameters
    ----------
    request : web.Request
        Names the ``topics``, and with ``Last-Event-ID`` or ``after`` the last event that was received.

    Returns
    -------
    web.StreamResponse
        Server-sent events (HTML Living Standard, section 9.2).

    Raises
    ------
    Invalid
        If it names no topic, or more than `MOST_TOPICS`.
    NotFound, Denied, Unauthenticated
        If the identity may not follow one of them.
    """
    topics = [topic for topic in request[QUERY]["topics"].split(",") if topic]
    if not topics or len(topics) > MOST_TOPICS:
        message = f"name 1 to {MOST_TOPICS} topics, separated by commas"
        raise Invalid(f"Nothing to follow: {message}.", [FieldError("topics", message)])
    response = StreamedAnswer(headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    response.content_type, response.charset = "text/event-stream", "utf-8"
    seen = request.headers.get("Last-Event-ID") or request[QUERY]["after"]
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    await platform.access.require_topics(identity, topics)
    with platform.live.subscribe(topics, seen, follows(identity)) as subscription:
        await response.prepare(request)
        if request.method == hdrs.METH_HEAD:
            return response
        await response.write(f"retry: {RETRY_MS}\n\n".encode())
        checked = time.monotonic()
        while not subscription.closed:
            event = await subscription.get(KEEP_ALIVE_S)
            shared = event is not None and event.kind == SHARED
            if shared or time.monotonic() - checked >= KEEP_ALIVE_S:
                if not await _may_follow(request, topics):
                    break
                checked = time.monotonic()
            try:
                await response.write(b": still here\n\n" if event is None else _message(event, identity))
            except ConnectionResetError:
                break
    return response


async def _may_follow(request: web.Request, topics: list[str]) -> bool:
    """Return whether the session goes on, and may still follow the topics: neither is for ever."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    if not identity.anonymous and await platform.identify(request.get(TOKEN)) != identity:
        return False
    try:
        await platform.access.require_topics(identity, topics)
    except ServiceError:
        return False
    return True


def _message(event: LiveEvent, identity: Identity) -> bytes:
    """Return an event as it is sent; visitors are told that something changed, and read it by its page."""
    told = event.to_json() | ({"data": {}} if identity.visitor else {})
    return f"id: {event.id}\ndata: {json.dumps(told, separators=(',', ':'))}\n\n".encode()
