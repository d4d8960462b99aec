"""Loading a request by the schemas of its endpoint: path variables, query string and body."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from marshmallow import Schema, fields

from dashboard.base.errors import Encoded, FieldError, Invalid, NotFound
from dashboard.web.app.app_keys import BODY, PATH, QUERY
from dashboard.web.app.endpoints import JSON, Endpoint
from dashboard.web.schemas.path import PathSchema
from dashboard.web.schemas.schema import load

LARGEST_PAGE = 200
LARGEST_NUMBER = 2**63 - 1  # that the databases can hold
LAST_PAGE = 10**12
WORDS = {str: "text", dict: "an object", list: "a list", int: "a whole number", float: "a number"}


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
        raise NotFound(f"There is nothing at {request.path}: {error}") from error
    if endpoint.query is not None:
        request[QUERY] = load(endpoint.query(), _query(request, endpoint.query))
    if isinstance(endpoint.body, type) and endpoint.body_type == JSON:
        request[BODY] = load(endpoint.body(), await json_body(request))


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
    form = request.content_type == "application/x-www-form-urlencoded"
    try:
        if form:
            sent = await request.post()
            return {str(name): value for name, value in sent.items() if isinstance(value, str)}
        text = await request.text()
        body = json.loads(text) if text.strip() else {}
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


def require_kinds(body: Mapping[str, Any], kinds: Mapping[str, tuple[type, ...]], within: str = "") -> None:
    """Refuse a body in which something is of another kind than `kinds` says; null and what lacks are fine.

    Parameters
    ----------
    within
        What the body is a part of, such as ``resources.``.

    Raises
    ------
    Invalid
        With every field that is wrong.
    """
    errors = []
    for name, allowed in kinds.items():
        value = body.get(name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, allowed)):
            words = " or ".join(WORDS[kind] for kind in allowed if kind is not int or float not in allowed)
            errors.append(FieldError(f"{within}{name}", f"must be {words}"))
    if errors:
        first = errors[0]
        raise Invalid(f"{first.field} {first.message}.", errors)


def whole(request: web.Request, name: str, default: int, least: int = 0, most: int = LARGEST_NUMBER) -> int:
    """Return a whole number of the query.

    Raises
    ------
    Invalid
        If it is none, or out of range.
    """
    text = request.query.get(name)
    if text is None or text == "":
        return default
    try:
        value = int(text)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        allowed = f"from {least}" if most == LARGEST_NUMBER else f"from {least} to {most}"
        message = f"must be a whole number {allowed}"
        raise Invalid(f"{name}={text}: {message}.", [FieldError(name, message)])
    return value


def page_of(request: web.Request, size: int = 50) -> tuple[int, int]:
    """Return ``?page=`` (from 1) and ``?size=`` (at most `LARGEST_PAGE`)."""
    return whole(request, "page", 1, 1, LAST_PAGE), whole(request, "size", size, 1, LARGEST_PAGE)


def pages_in(total: int, size: int) -> int:
    """Return how many pages `total` things make."""
    return max(1, -(-total // size))
