"""Where the application keeps what handlers need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from dashboard.auth.identity import Identity
    from dashboard.platform import Platform
    from dashboard.web.app.rendering import Renderer

PLATFORM: web.AppKey[Platform] = web.AppKey("platform")
RENDERER: web.AppKey[Renderer] = web.AppKey("renderer")
DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi document")
IDENTITY: web.RequestKey[Identity] = web.RequestKey("identity")
LIVE_FROM: web.RequestKey[str] = web.RequestKey("newest live event before anything was read")
PROXIED: web.RequestKey[bool] = web.RequestKey("answered by a replica")
PATH: web.RequestKey[dict[str, Any]] = web.RequestKey("path variables")
QUERY: web.RequestKey[dict[str, Any]] = web.RequestKey("query string")
BODY: web.RequestKey[dict[str, Any]] = web.RequestKey("body")
