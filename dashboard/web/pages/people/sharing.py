"""Who else sees an object: the same two endpoints below the address of every kind of object."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.ownership import Ownership
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import SharingChangeSchema, SharingSchema

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

#: Kind of object to where its addresses begin.
PLACES = {
    "dataset": "/data",
    "job": "/jobs",
    "model": "/models",
    "label_set": "/label-sets",
    "learning_session": "/learning",
    "deployment": "/deployments",
    "node": "/nodes",
    "source": "/sources",
}
endpoints = Endpoints("Sharing", "sharing")


def _handlers(kind: str) -> tuple[Handler, Handler]:
    async def look(request: web.Request) -> web.StreamResponse:
        sharing = request.app[PLATFORM].sharing
        return await _told(request, await sharing.get(kind, request.match_info[kind], request[IDENTITY]))

    async def change(request: web.Request) -> web.StreamResponse:
        sharing, name = request.app[PLATFORM].sharing, request.match_info[kind]
        return await _told(request, await sharing.change(kind, name, request[BODY], request[IDENTITY]))

    look.__name__, change.__name__ = f"sharing_of_{kind}", f"share_{kind}"
    return look, change


async def _told(request: web.Request, ownership: Ownership) -> web.Response:
    projects = await request.app[PLATFORM].projects.list(request[IDENTITY])
    told = {
        "sharing": ownership.to_json(),
        "projects": [{"name": project.name, "title": project.title} for project in projects],
    }
    return web.json_response(told)


for _kind, _place in PLACES.items():
    _look, _change = _handlers(_kind)
    _address = f"{_place}/{{{_kind}}}/sharing"
    endpoints.get(
        _address, f"Get who sees a {_kind}", kind=_kind, answer=SharingSchema, permission=rows.READ
    )(_look)
    endpoints.post(
        _address,
        f"Change who sees a {_kind}, or whose it is; fields left out stay",
        kind=_kind,
        action=Action.CHANGE,
        body=SharingChangeSchema,
        answer=SharingSchema,
        permission=rows.ADMINISTER if _kind == "node" else rows.CHANGE,
    )(_change)
