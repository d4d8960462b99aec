"""Nodes: how they are."""

from __future__ import annotations

from aiohttp import web

from dashboard.web.endpoints import Endpoints, listing
from dashboard.web.keys import PLATFORM
from dashboard.web.rendering import Answer

endpoints = Endpoints("Nodes", "node")


@endpoints.get(
    "/nodes", "Where jobs and deployments can run, and what is free there", answer=listing("nodes", "Node")
)
async def nodes(request: web.Request) -> Answer:
    """Show the nodes."""
    return Answer("nodes.html", {"nodes": request.app[PLATFORM].nodes.list()})
