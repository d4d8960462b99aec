"""Storage by person and kind, and what nobody refers to: listed first, then deleted by name."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.messages import CleanedSchema, CleanUpQuery, CleanUpSchema

endpoints = Endpoints("Administration", "administration")


@endpoints.get(
    "/administration/storage",
    "Get the storage of each person by kind, and what nobody refers to; nothing is changed",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    query=CleanUpQuery,
    answer=OBJECT,
)
async def storage(request: web.Request) -> Answer:
    """Show who stores what."""
    cleanup, identity = request.app[PLATFORM].cleanup, request[IDENTITY]
    stored = await cleanup.stored(identity)
    leftovers = await cleanup.leftovers(identity, request[QUERY]["days"])
    data = {
        "people": stored,
        "leftovers": [one.to_json() for one in leftovers],
        "days": request[QUERY]["days"],
    }
    return Answer("storage.html", data)


@endpoints.post(
    "/administration/storage/delete",
    "Delete things that nobody refers to; what is used again meanwhile is kept",
    action=Action.DELETE,
    permission=rows.ADMINISTER,
    audit=False,
    body=CleanUpSchema,
    answer=CleanedSchema,
)
async def clean_up(request: web.Request) -> web.Response:
    """Delete the named things, with one entry of the audit log for each."""
    named = [(item["kind"], item["id"]) for item in request[BODY]["items"]]
    deleted, kept = await request.app[PLATFORM].cleanup.delete(request[IDENTITY], named)
    for one in deleted:
        detail = f"clean-up: {one.reason}"
        record(request, Deed.DELETED, one.kind, one.id, operation="clean_up", detail=detail)
    told = {"deleted": [one.to_json() for one in deleted], "kept": [one.to_json() for one in kept]}
    return web.json_response(told)
