"""The catalog for machines: JSON with signatures for other platforms, MLDCAT-AP in Turtle and JSON-LD."""

from __future__ import annotations

from urllib.parse import quote

from aiohttp import web

from catalog import Module
from catalog.export import to_json_ld
from catalog.turtle import to_turtle
from dashboard.auth.identity import EVERYONE
from dashboard.base.ownership import Visibility
from dashboard.modules.subscription import origin_of
from dashboard.modules.versions import OFFERED
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, TEXT, Endpoints
from dashboard.web.permissions import rows
from dashboard.web.snippets.origin import origin_of as address_of_platform

endpoints = Endpoints("Market", "module")
TURTLE, JSON_LD = "text/turtle", "application/ld+json"


def _address(request: web.Request, module: Module) -> str:
    return f"{address_of_platform(request)}/modules/{quote(module.name, safe='')}"


@endpoints.get(
    "/catalog.json",
    "Get the published versions with images by digest, signatures and the public key, for other platforms",
    visitors=True,
    answer=OBJECT,
    permission=rows.SHOWN,
)
async def catalog_json(request: web.Request) -> web.Response:
    """List what this platform signed and everybody sees; not what it took from other catalogs."""
    published = request.app[PLATFORM].modules.published
    modules = [
        {
            "name": one.module,
            "version": one.version,
            "state": str(one.state),
            "image": one.image,
            "document": one.document,
            "signature": one.signature,
            "changelog": one.changelog,
            "created": one.created,
        }
        for module in published.modules.values()
        if module.visibility is Visibility.PUBLIC and not origin_of(module.module)[0]
        for one in module.versions
        if one.state in OFFERED
    ]
    address = address_of_platform(request)
    return web.json_response(
        {"schema": 1, "platform": address, "key": published.key.public, "modules": modules}
    )


@endpoints.get(
    "/catalog.ttl",
    "Get the market in Turtle, after MLDCAT-AP",
    visitors=True,
    answer=TEXT,
    answer_type=TURTLE,
    permission=rows.SHOWN,
)
async def catalog_turtle(request: web.Request) -> web.Response:
    """Describe what everybody sees."""
    address = address_of_platform(request)
    modules = request.app[PLATFORM].modules.shown(EVERYONE).modules.values()
    described = [(module, _address(request, module)) for module in modules]
    text = to_turtle(described, f"{address}/catalog.ttl", f"Methods for spectra at {address}")
    return web.Response(text=text, content_type=TURTLE)


@endpoints.get(
    "/modules/{module}/metadata.ttl",
    "Get a module in Turtle, after MLDCAT-AP",
    visitors=True,
    answer=TEXT,
    answer_type=TURTLE,
    permission=rows.SHOWN,
)
async def module_turtle(request: web.Request) -> web.Response:
    """Describe one module."""
    found = request.app[PLATFORM].modules.get(request.match_info["module"], request[IDENTITY])
    return web.Response(text=to_turtle([(found, _address(request, found))]), content_type=TURTLE)


@endpoints.get(
    "/modules/{module}/metadata.jsonld",
    "Get a module in JSON-LD, after MLDCAT-AP",
    visitors=True,
    answer=OBJECT,
    answer_type=JSON_LD,
    permission=rows.SHOWN,
)
async def module_json_ld(request: web.Request) -> web.Response:
    """Describe one module, with AI4's context."""
    found = request.app[PLATFORM].modules.get(request.match_info["module"], request[IDENTITY])
    return web.json_response(to_json_ld(found), content_type=JSON_LD)
