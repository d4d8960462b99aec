"""Lists of numbers and windows of curves as a query has them, and answers that are nothing but JSON."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from aiohttp import web

from dashboard.base.errors import FieldError, Invalid
from dashboard.data.curve import MOST_POINTS, Window
from dashboard.web.app.app_keys import RENDERER
from dashboard.web.app.jsonable import plain
from dashboard.web.app.requests import whole

_PART = re.compile(r"(\d{1,15})(?:-(\d{1,15}))?")


def numbers_of(text: str, most: int) -> list[int]:
    """Return the numbers of ``1,2,5-9``, in their order, each once.

    Raises
    ------
    Invalid
        If it is no such list, is empty, or has more than `most`.
    """
    found: dict[int, None] = {}
    for part in text.split(","):
        match = _PART.fullmatch(part.strip())
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if last < first:
            message = "must be numbers such as 1,2,5-9"
            raise Invalid(f"numbers {message}.", [FieldError("numbers", message)])
        if last - first >= most or len(found) + last - first >= most + 1:
            message = f"at most {most} at once"
            raise Invalid(f"numbers: {message}.", [FieldError("numbers", message)])
        found.update(dict.fromkeys(range(first, last + 1)))
    if len(found) > most:
        raise Invalid(f"numbers: at most {most} at once.", [FieldError("numbers", f"at most {most} at once")])
    return list(found)


def window_of(request: web.Request, points: int, most: int = MOST_POINTS) -> Window:
    """Return ``?points=&minimum=&maximum=``; `Invalid` when they are none."""
    return Window(
        whole(request, "points", points, 2, most), _real(request, "minimum"), _real(request, "maximum")
    )


def json_answer(request: web.Request, data: Any, *, status: int = 200) -> web.Response:
    """Return data as JSON, whatever the sender prefers: for what has no page."""
    text = json.dumps(plain(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    response = web.Response(text=text, status=status, content_type="application/json")
    return request.app[RENDERER].finish(response)


def _real(request: web.Request, name: str) -> float | None:
    text = request.query.get(name)
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise Invalid(f"{name}={text}: must be a number.", [FieldError(name, "must be a number")])
    return value
