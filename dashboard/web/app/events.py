"""Server-sent events of live topics (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import json
import time

from aiohttp import hdrs, web

from dashboard.auth.policy import follows
from dashboard.base.errors import FieldError, Invalid
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY, TOKEN
from dashboard.web.app.endpoints import TEXT, Endpoints
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
            if time.monotonic() - checked >= KEEP_ALIVE_S:  # the session may have been ended
                if await platform.identify(request.get(TOKEN)) != identity:
                    break
                checked = time.monotonic()
            try:
                if event is None:
                    await response.write(b": still here\n\n")
                else:
                    text = json.dumps(event.to_json(), separators=(",", ":"))
                    await response.write(f"id: {event.id}\ndata: {text}\n\n".encode())
            except ConnectionResetError:
                break
    return response
