"""Gives each request an id: in its answer, in log records, in errors, in the job or call that it makes."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from deploy.gateway.headers import REQUEST_ID, new_request_id
from wire.json_records import REQUEST


@web.middleware
async def name_request(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Name a request as its caller does, if that is an id, else anew, while it is handled."""
    REQUEST.set(new_request_id(request.headers))
    return await handler(request)


async def tell_request_id(_request: web.Request, response: web.StreamResponse) -> None:
    """Put the id into an answer; a signal of the application."""
    if name := REQUEST.get():
        response.headers.setdefault(REQUEST_ID, name)
