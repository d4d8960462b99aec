"""Loading a request by the schemas of its endpoint: path variables, query string and body."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import hdrs, web
from marshmallow import Schema, fields

from dashboard.auth.sessions import LONGEST_AGENT, Caller
from dashboard.base.errors import Encoded, Invalid, NotFound
from dashboard.web.app.app_keys import BODY, PATH, PLATFORM, QUERY
from dashboard.web.app.endpoints import JSON, Endpoint
from dashboard.web.schemas.path import PathSchema
from dashboard.web.schemas.schema import load

FORM = "application/x-www-form-urlencoded"


def caller_of(request: web.Request) -> Caller:
    """Return who sent a request: the network address, and the browser or program as it calls itself."""
    agent = "".join(one for one in request.headers.get(hdrs.USER_AGENT, "") if one.isprintable())
    return Caller(request.app[PLATFORM].caller_addresses.of(request), agent[:LONGEST_AGENT])


async def load_request(request: web.Request, endpoint: Endpoint) -> None:
    """Load what the endpoint describes into ``request[PATH]``, ``request[QUERY]`` and ``request[BODY]``.

    Parameters
    ----------
    request : web.Request
        Its body is read if the endpoint has a schema of a JSON body.
    endpoint : Endpoint
        Names the schemas.

    Raises
    ------
    NotFound
        If a variable of the path cannot name anything.
    Invalid
        If the query or the body is wrong, by field.
    Encoded
        If the body has a ``Content-Encoding``.
    """
    try:
        request[PATH] = load(PathSchema(only=tuple(request.match_info)), dict(request.match_info))
    except Invalid as error:
        raise NotFound(f"There is no such {error.errors[0].field}.") from error
    if endpoint.query is not None:
        request[QUERY] = load(endpoint.query(), _query(request, endpoint.query))
    if isinstance(endpoint.body, type) and endpoint.body_type == JSON:
        is_form = request.content_type == FORM
        request[BODY] = load(endpoint.body(), await json_body(request), is_from_text=is_form)


def _query(request: web.Request, schema: type[Schema]) -> dict[str, Any]:
    """Return the query string as an object; a parameter that may be repeated is a list."""
    repeated = {name for name, field in schema().fields.items() if isinstance(field, fields.List)}
    return {
        name: request.query.getall(name) if name in repeated else request.query[name]
        for name in request.query
    }


async def json_body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object of the body, or the fields of a form; an empty body is an empty object.

    Raises
    ------
    Encoded
        If the body has a ``Content-Encoding``.
    Invalid
        If it is no JSON object and no form.
    """
    require_identity_encoding(request)
    form = request.content_type == FORM
    try:
        if form:
            sent = await request.post()
            body = {str(name): value for name, value in sent.items() if isinstance(value, str)}
        else:
            text = await request.text()
            body = json.loads(text) if text.strip() else {}
        json.dumps(body, ensure_ascii=False).encode()  # half a character is an error, as for the database
    except (ValueError, LookupError, RecursionError) as error:  # no text in its charset, or no such charset
        raise Invalid(f"The body is no {'form' if form else 'JSON'}: {error}.") from error
    if not isinstance(body, dict):
        raise Invalid(f"The body must be a JSON object, not {type(body).__name__}.")
    return body


def require_identity_encoding(request: web.Request) -> None:
    """Accept no ``Content-Encoding``: the server decompresses nothing, so no body can grow without limit.

    Raises
    ------
    Encoded
        If the body has one.
    """
    encoding = request.headers.get("Content-Encoding", "identity")
    if encoding.lower() != "identity":
        raise Encoded(f"The body has Content-Encoding: {encoding}. Send it as it is, without one.")


def pages_in(total: int, size: int) -> int:
    """Return how many pages `total` things make."""
    return max(1, -(-total // size))
