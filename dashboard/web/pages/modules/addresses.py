"""The address of a published module as people write it: ``/modules/NAMESPACE/NAME``."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web
from yarl import URL

from dashboard.web.app.endpoints import Endpoints
from dashboard.web.permissions import rows

endpoints = Endpoints("Market", "module")


@endpoints.get(
    "/modules/{namespace}/{name}",
    "Go to a published module, whose name holds a slash",
    visitors=True,
    status=303,
    permission=rows.SHOWN,
)
async def module_address(request: web.Request) -> web.Response:
    """Redirect to the address in which the slash is encoded."""
    name = f"{request.match_info['namespace']}/{request.match_info['name']}"
    address = f"/modules/{quote(name, safe='')}"
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    place = URL(address + query, encoded=True)
    return web.Response(status=303, headers={"Location": str(place)})
