"""Nodes: their health, and their administration."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.nodes.form import FIELDS, OF_KINDS, values_of
from dashboard.nodes.node import PAGE, Node
from dashboard.settings import NodeSettings
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.nodes import NodeAnswerSchema, NodeChangeSchema, NodeCreateSchema, NodeListSchema

endpoints = Endpoints("Nodes", "node")
# The form shows neither a minimum of 0, which the help states, nor an empty list.
SHOWN = [
    {key: value for key, value in field.items() if key != "minimum"}
    | ({"default": None, "nullable": True} if field["type"] == "array" else {})
    for field in FIELDS
]


@endpoints.get("/nodes", "List nodes with their free resources", answer=NodeListSchema, permission=rows.LIST)
async def nodes(request: web.Request) -> Answer:
    """Show the nodes."""
    found = request.app[PLATFORM].nodes.list(request[IDENTITY])
    return Answer("nodes.html", {"nodes": [_shown(request, node) for node in found]})


@endpoints.get(
    "/nodes/new",
    "Get the form of a new node",
    action=Action.CREATE,
    answer=OBJECT,
    permission=rows.ADMINISTER,
)
async def new_node(_request: web.Request) -> Answer:
    """Show the empty form."""
    data = {"node": None, "fields": SHOWN, "values": values_of(NodeSettings(kind="docker"))}
    return Answer("node.html", {**data, "of_kinds": OF_KINDS})


@endpoints.post(
    "/nodes",
    "Create a node",
    body=NodeCreateSchema,
    answer=NodeAnswerSchema,
    status=201,
    permission=rows.ADMINISTER,
)
async def add_node(request: web.Request) -> Answer:
    """Add a node."""
    body = request[BODY]
    node = await request.app[PLATFORM].administration.add(body, request[IDENTITY])
    return Answer("done.html", {"node": node}, 201, {"Location": f"/nodes/{node.name}"})


@endpoints.post(
    "/nodes/test",
    "Probe a node without saving it",
    audit=False,
    body=NodeCreateSchema,
    answer=OBJECT,
    permission=rows.ADMINISTER,
)
async def test_node(request: web.Request) -> web.Response:
    """Probe the node of the form without saving it."""
    health = await request.app[PLATFORM].administration.test(request[BODY])
    return web.json_response({"ok": health.ok, "reason": health.reason, "version": health.version})


@endpoints.get(
    "/nodes/{node}", "Get a node with its configuration", answer=NodeAnswerSchema, permission=rows.READ
)
async def node(request: web.Request) -> Answer:
    """Show a node."""
    registry = request.app[PLATFORM].nodes
    found = registry.get(request.match_info["node"], request[IDENTITY])
    sharing = await request.app[PLATFORM].sharing.get("node", found.name, request[IDENTITY])
    data = {
        "node": _shown(request, found) | sharing.to_json(),
        "values": values_of(registry.settings(found.name)),
    }
    return Answer("node.html", {**data, "fields": SHOWN, "of_kinds": OF_KINDS})


@endpoints.post(
    "/nodes/{node}",
    "Change a node that was created here; fields left out stay",
    action=Action.CHANGE,
    body=NodeChangeSchema,
    answer=NodeAnswerSchema,
    permission=rows.ADMINISTER,
)
async def change_node(request: web.Request) -> Answer:
    """Change a node."""
    name, body = request.match_info["node"], request[BODY]
    changed = await request.app[PLATFORM].administration.change(
        name, {key: value for key, value in body.items() if key != "name"}, request[IDENTITY]
    )
    return Answer("done.html", {"node": changed})


@endpoints.delete(
    "/nodes/{node}", "Delete a node that was created here", status=204, permission=rows.ADMINISTER
)
async def remove_node(request: web.Request) -> web.Response:
    """Remove a node."""
    await request.app[PLATFORM].administration.remove(request.match_info["node"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.post(
    "/nodes/{node}/drain",
    "Drain a node: it takes nothing new, running jobs continue",
    action=Action.CHANGE,
    answer=NodeAnswerSchema,
    permission=rows.ADMINISTER,
)
async def drain_node(request: web.Request) -> Answer:
    """Drain a node."""
    return await _drained(request, drained=True)


@endpoints.post(
    "/nodes/{node}/resume",
    "End the drain of a node",
    action=Action.CHANGE,
    answer=NodeAnswerSchema,
    permission=rows.ADMINISTER,
)
async def resume_node(request: web.Request) -> Answer:
    """Resume a node."""
    return await _drained(request, drained=False)


@endpoints.post(
    "/nodes/{node}/probe",
    "Probe a node now",
    audit=False,
    action=Action.CHANGE,
    answer=NodeAnswerSchema,
    permission=rows.ADMINISTER,
)
async def probe_node(request: web.Request) -> Answer:
    """Probe a node."""
    nodes, name = request.app[PLATFORM].nodes, request.match_info["node"]
    nodes.authorize(name, request[IDENTITY], Action.CHANGE)
    found = await nodes.probe(name)
    return Answer("done.html", {"node": found})


async def _drained(request: web.Request, *, drained: bool) -> Answer:
    platform = request.app[PLATFORM]
    found = await platform.administration.drain(
        request.match_info["node"], request[IDENTITY], drained=drained
    )
    platform.supervisor.wake()
    return Answer("done.html", {"node": found})


def _shown(request: web.Request, node: Node) -> dict[str, Any]:
    """Return a node with the replicas that run there, and whether it can be changed here."""
    replicas = [
        {"deployment": one["name"], "name": replica["name"], "state": replica["state"]}
        for one in request.app[PLATFORM].deployments.list(request[IDENTITY])
        for replica in one["replicas"]
        if replica["node"] == node.name
    ]
    return {**node.to_json(), "replicas": replicas, "changeable": node.source == PAGE}
