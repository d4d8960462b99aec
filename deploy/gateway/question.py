"""What a call wants, as its head tells."""

from __future__ import annotations

from aiohttp import web

from deploy.access.tokens import PREFIX

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def predicts(path: str) -> bool:
    """Return whether a path is that of a prediction, which may be asked for again without harm."""
    return path.rstrip("/").endswith("/predict")


def bearer(request: web.BaseRequest) -> str | None:
    """Return the token of a deployment that came with a request, if one did."""
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    value = value.strip()
    return value if scheme.lower() == "bearer" and value.startswith(PREFIX) else None
