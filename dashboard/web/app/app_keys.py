"""Keys of the application and of requests: where handlers find what they need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from dashboard.administration.banners import Banners
    from dashboard.auth.identity import Identity
    from dashboard.platform import Platform
    from dashboard.web.app.session_cookie import SessionCookie
    from dashboard.web.monitoring.requests import RequestMetrics
    from deploy.gateway.cross_origin import CrossOrigin

PLATFORM: web.AppKey[Platform] = web.AppKey("platform")
SESSION_COOKIE: web.AppKey[SessionCookie] = web.AppKey("session cookie")
REQUESTS: web.AppKey[RequestMetrics] = web.AppKey("metrics of the requests")
DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi document")
CROSS_ORIGIN: web.AppKey[CrossOrigin] = web.AppKey("calls from pages of other sites")
IDENTITY: web.RequestKey[Identity] = web.RequestKey("identity")
TOKEN: web.RequestKey[str] = web.RequestKey("token that gave the identity")
LIVE_FROM: web.RequestKey[str] = web.RequestKey("newest live event before anything was read")
SHARING: web.RequestKey[bool] = web.RequestKey("there are accounts to share with")
BANNERS: web.RequestKey[Banners] = web.RequestKey("what stands above every page")
PROXIED: web.RequestKey[bool] = web.RequestKey("answered by a replica")
# What `load_request` loaded: values by field, as the schemas of the endpoint say.
PATH: web.RequestKey[Any] = web.RequestKey("path variables")
QUERY: web.RequestKey[Any] = web.RequestKey("query string")
BODY: web.RequestKey[Any] = web.RequestKey("body")
