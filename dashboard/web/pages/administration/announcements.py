"""Announcements: administrators make them, everybody reads and dismisses them."""

from __future__ import annotations

from aiohttp import web

from dashboard.administration.announcements import Level
from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.messages import (
    AnnouncementCreateSchema,
    AnnouncementListSchema,
    AnnouncementSchema,
)
from dashboard.web.schemas.schema import single

endpoints = Endpoints("Administration", "administration")


@endpoints.get(
    "/announcements",
    "List the announcements that are shown now and that you have not dismissed",
    kind="announcement",
    permission=rows.SHOWN,
    visitors=True,
    answer=AnnouncementListSchema,
)
async def shown_announcements(request: web.Request) -> web.Response:
    """List what stands above the pages of the caller."""
    found = await request.app[PLATFORM].announcements.shown(request[IDENTITY].user)
    return web.json_response({"announcements": [one.to_json() for one in found]})


@endpoints.post(
    "/announcements/{announcement}/dismiss",
    "Show an announcement to you no more",
    kind="settings",
    action=Action.CHANGE,
    permission=rows.SIGNED_IN,
    audit=False,
    status=204,
)
async def dismiss_announcement(request: web.Request) -> web.Response:
    """Dismiss an announcement."""
    name = request.match_info["announcement"]
    await request.app[PLATFORM].announcements.dismiss(name, request[IDENTITY].user)
    return web.Response(status=204)


@endpoints.get(
    "/administration/announcements",
    "List all announcements",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    answer=AnnouncementListSchema,
)
async def announcements(request: web.Request) -> Answer:
    """Show the announcements to an administrator."""
    found = await request.app[PLATFORM].announcements.all()
    data = {
        "announcements": [{**one.to_json(), "current": one.current} for one in found],
        "levels": list(Level),
    }
    return Answer("announcements.html", data)


@endpoints.post(
    "/administration/announcements",
    "Announce something above every page",
    permission=rows.ADMINISTER,
    body=AnnouncementCreateSchema,
    answer=single("announcement", AnnouncementSchema),
    status=201,
)
async def announce(request: web.Request) -> Answer:
    """Announce something."""
    body = request[BODY]
    made = await request.app[PLATFORM].announcements.create(
        request[IDENTITY], body["text"], Level(body["level"]), body.get("since"), body.get("until")
    )
    headers = {"Location": "/administration/announcements"}
    return Answer("done.html", {"announcement": made.to_json()}, 201, headers)


@endpoints.delete(
    "/administration/announcements/{announcement}",
    "Delete an announcement",
    permission=rows.ADMINISTER,
    variable="announcement",
    status=204,
)
async def remove_announcement(request: web.Request) -> web.Response:
    """Delete an announcement."""
    await request.app[PLATFORM].announcements.delete(request.match_info["announcement"], request[IDENTITY])
    return web.Response(status=204)
