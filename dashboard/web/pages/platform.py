"""The one-time link, sign-out, the API's document, and the health of the platform."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.oidc.service import HOW as BY_PROVIDER
from dashboard.auth.policy import Action
from dashboard.auth.sessions import token_id
from dashboard.web.app.app_keys import DOCUMENT, IDENTITY, PLATFORM, QUERY, REQUESTS, SESSION_COOKIE
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import RENDERER, json_answer
from dashboard.web.app.requests import caller_of
from dashboard.web.monitoring.platform import platform_metrics
from dashboard.web.permissions import rows
from dashboard.web.schemas.platform import LinkQuery, LinkSchema
from deploy import client
from wire.prometheus import TEXT_FORMAT

endpoints = Endpoints("Platform", "session")


@endpoints.get(
    "/enter",
    "Sign a browser in with the one-time link of `huggins up`",
    query=LinkQuery,
    action=Action.CREATE,
    public=True,
    status=303,
    permission=rows.OPEN,
)
async def enter(request: web.Request) -> web.StreamResponse:
    """Change the link's token for a session, and go to the market."""
    if request.method == "HEAD":  # of previews of links and scanners of mail: the link stays good
        return web.Response(status=200, content_type="text/html", headers={"Cache-Control": "no-store"})
    sessions = request.app[PLATFORM].sessions
    token = await sessions.redeem(request[QUERY]["token"], caller_of(request))
    user = (await sessions.identify(token)).user
    record(request, Deed.SIGNED_IN, "session", token_id(token), detail="one-time link", user=user)
    # A page, not a redirect: a browser that follows a link from elsewhere sends no strict cookie along it.
    response = web.Response(status=200, content_type="text/html", text=ENTERED)
    response.headers["Refresh"] = "0; url=/"
    response.headers["Cache-Control"] = "no-store"
    request.app[SESSION_COOKIE].remember(response, token, sessions.session_s)
    return response


@endpoints.post(
    "/link",
    "Make a one-time sign-in link of one's own",
    kind="link",
    answer=LinkSchema,
    permission=rows.SIGNED_IN,
)
async def link(request: web.Request) -> web.Response:
    """Return the path of a new link, which signs one browser in as the caller."""
    sessions = request.app[PLATFORM].sessions
    token = await sessions.one_time_link(request[IDENTITY])
    path = f"/enter?token={token}"
    public = request.app[PLATFORM].settings.server.public_url.rstrip("/")
    told = {"path": path, "seconds": sessions.link_s, **({"url": f"{public}{path}"} if public else {})}
    answer = json_answer(told)
    answer.headers["Cache-Control"] = "no-store"
    return answer


ENTERED = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Huggins</title>'
    '<p>You are signed in. <a href="/">Go to the market</a></p></html>'
)


@endpoints.post(
    "/leave",
    "Sign this browser out",
    action=Action.CREATE,
    public=True,
    audit=False,
    status=303,
    permission=rows.OPEN,
)
async def leave(request: web.Request) -> web.StreamResponse:
    """End the session."""
    how = ""
    for token in request.app[SESSION_COOKIE].tokens(request):
        record(request, Deed.SIGNED_OUT, "session", token_id(token))
        how = await request.app[PLATFORM].sessions.end(token) or how
    # Of a provider the session goes on: the page says so, and where it ends.
    provider = how.removeprefix(BY_PROVIDER) if how.startswith(BY_PROVIDER) else ""
    to = f"/signed-out?provider={quote(provider)}" if provider else "/"
    response = web.Response(status=303, headers={"Location": to})
    request.app[SESSION_COOKIE].forget(response)
    return response


@endpoints.get("/favicon.ico", "Get the icon of the pages", public=True, status=303, permission=rows.OPEN)
async def favicon(request: web.Request) -> web.Response:
    """Send browsers that look for an icon at this fixed address to ours."""
    icon = request.app[RENDERER].assets.url("img/mark.svg")
    return web.Response(status=303, headers={"Location": icon})


@endpoints.get(
    "/huggins_client.py",
    "Download the client of deployments: one file",
    public=True,
    answer=TEXT,
    answer_type="text/x-python",
    permission=rows.OPEN,
)
async def client_file(_request: web.Request) -> web.Response:
    """Give the client away, for programs that have no Huggins."""
    text = await asyncio.to_thread(Path(client.__file__).read_text, "utf-8")
    return web.Response(text=text, content_type="text/x-python", charset="utf-8")


@endpoints.get("/openapi.json", "Get this document", public=True, answer=OBJECT, permission=rows.OPEN)
async def openapi(request: web.Request) -> web.Response:
    """Return the OpenAPI document."""
    return web.json_response(request.app[DOCUMENT])


@endpoints.get(
    "/metrics",
    "Get the metrics of the platform in Prometheus' text format",
    kind="metrics",
    answer=TEXT,
    answer_type="text/plain",
    permission=rows.ADMINISTER,
)
async def metrics(request: web.Request) -> web.Response:
    """Return the metrics to an administrator, or to a token of one with the scope `read`."""
    platform = request.app[PLATFORM]
    gathered = await platform_metrics(platform)
    text = gathered.text(request.app[REQUESTS].metrics, platform.audit.metrics)
    return web.Response(body=text.encode(), headers={"Content-Type": TEXT_FORMAT})


@endpoints.get("/health", "Get the health of the platform", public=True, answer=OBJECT, permission=rows.OPEN)
async def health(request: web.Request) -> web.Response:
    """Answer whether database and supervisor work (else 503); nodes have their own page."""
    works = (await request.app[PLATFORM].health())["ok"]
    return web.json_response({"status": "ok" if works else "failing"}, status=200 if works else 503)
