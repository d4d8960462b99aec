"""What a gateway itself has to say: problem documents (RFC 9457)."""

from __future__ import annotations

import json

from aiohttp import web


def problem(status: int, title: str, detail: str, *, retry_after: int | None = None) -> web.Response:
    """Answer a problem as RFC 9457 has it."""
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail}
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/problem+json", headers=headers
    )
