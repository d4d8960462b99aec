"""The first page of administration: versions, database, disk, and the maintenance mode."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.messages import MaintenanceAnswerSchema, MaintenanceChangeSchema

endpoints = Endpoints("Administration", "administration")


@endpoints.get(
    "/administration",
    "Get versions, the state of the database, nodes, disk, and the maintenance mode",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    answer=OBJECT,
)
async def administration(request: web.Request) -> Answer:
    """Show the state of the platform."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    mode = await platform.maintenance.mode()
    nodes = [
        {"name": node.name, "kind": node.kind, "version": node.version, "ok": node.ok, "reason": node.reason}
        for node in platform.nodes.list(identity)
    ]
    data = {
        **await platform.state.read(identity),
        "nodes": nodes,
        "maintenance": mode.to_json() if mode else None,
        "supervisor": platform.supervisor.running,
    }
    return Answer("administration.html", data)


@endpoints.post(
    "/administration/maintenance",
    "Begin or end the maintenance: what runs is finished, nothing new is taken",
    action=Action.CHANGE,
    permission=rows.ADMINISTER,
    body=MaintenanceChangeSchema,
    answer=MaintenanceAnswerSchema,
)
async def set_maintenance(request: web.Request) -> web.Response:
    """Begin or end the maintenance."""
    body = request[BODY]
    mode = await request.app[PLATFORM].maintenance.set(
        request[IDENTITY], on=body["on"], text=body.get("text") or "", until=body.get("until")
    )
    return web.json_response({"maintenance": mode.to_json() if mode else None})
