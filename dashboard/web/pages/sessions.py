"""The sessions of a user: listed and ended, from the page of the settings or by programs."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, TOKEN
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.permissions import rows
from dashboard.web.schemas.platform import SessionListSchema

endpoints = Endpoints("Settings", "settings")


@endpoints.get(
    "/settings/sessions", "List one's sessions", answer=SessionListSchema, permission=rows.SIGNED_IN
)
async def list_sessions(request: web.Request) -> web.Response:
    """List the sessions of the caller, the newest first."""
    sessions = request.app[PLATFORM].sessions
    found = await sessions.list(request[IDENTITY], request.get(TOKEN, ""))
    return web.json_response({"sessions": [session.to_json() for session in found]})


@endpoints.post(
    "/settings/sessions/end-others",
    "End all of one's browser sessions and unused links but this one",
    action=Action.CHANGE,
    answer=OBJECT,
    permission=rows.SIGNED_IN,
)
async def end_other_sessions(request: web.Request) -> web.Response:
    """End all browser sessions but that of the request."""
    sessions = request.app[PLATFORM].sessions
    ended = await sessions.end_others(request[IDENTITY], request.get(TOKEN, ""))
    return web.json_response({"ended": ended})


@endpoints.delete(
    "/settings/sessions/{token}",
    "End one of one's sessions",
    status=204,
    permission=rows.PERSONAL,
)
async def end_session(request: web.Request) -> web.Response:
    """End a session."""
    await request.app[PLATFORM].sessions.end_one(request[IDENTITY], request.match_info["token"])
    return web.Response(status=204)
