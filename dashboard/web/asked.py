"""What came with a request: JSON bodies and query parameters, checked at the door."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from dashboard.errors import FieldError, Invalid

LARGEST_PAGE = 200


async def json_body(request: web.Request) -> dict[str, Any]:
    """Return the JSON object that was sent, or a form's fields as one; an empty body is an empty object.

    Raises
    ------
    Invalid
        If it is no JSON or form, or no object.
    """
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


def whole(request: web.Request, name: str, default: int, least: int = 0, most: int | None = None) -> int:
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
    if value < least or (most is not None and value > most):
        allowed = f"from {least}" if most is None else f"from {least} to {most}"
        message = f"must be a whole number {allowed}"
        raise Invalid(f"{name}={text}: {message}.", [FieldError(name, message)])
    return value


def page_of(request: web.Request, size: int = 50) -> tuple[int, int]:
    """Return ``?page=`` (from 1) and ``?size=`` (at most `LARGEST_PAGE`)."""
    return whole(request, "page", 1, 1), whole(request, "size", size, 1, LARGEST_PAGE)


def pages_in(total: int, size: int) -> int:
    """Return how many pages `total` things make."""
    return max(1, -(-total // size))
