"""Guides and references, for reading and searching."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dashboard.base.bundled import bundled
from dashboard.base.errors import NotFound
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.documentation.library import Library
from dashboard.documentation.markdown import html_of
from dashboard.web.app.app_keys import DOCUMENT, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.finding.reference import operations
from dashboard.web.permissions import rows
from dashboard.web.schemas.platform import GuideListSchema, GuideQuery, GuideSchema

endpoints = Endpoints("Guides", "guide")
PICTURES = {".png": "image/png", ".svg": "image/svg+xml", ".webp": "image/webp"}
CONFIGURATION = {".yml": "text/plain", ".json": "text/plain"}  # to read, and to copy from
LARGEST_FILE = 4 * 1024**2  # bytes


@functools.cache
def library() -> Library:
    """Return the guides that came with the platform."""
    return Library(bundled("docs"))


@endpoints.get(
    "/docs",
    "List guides, or search them",
    visitors=True,
    query=GuideQuery,
    answer=GuideListSchema,
    permission=rows.SHOWN,
)
async def guides(request: web.Request) -> Answer:
    """Show the guides by what they are for, or what holds all words."""
    found = await asyncio.to_thread(library)
    q = request[QUERY]["q"].strip()
    shelves = [
        {"title": title, "guides": [_brief(guide.to_json()) for guide in of_shelf]}
        for title, of_shelf in found.shelves()
    ]
    sections = [one.to_json() for one in found.search(q)]
    return Answer("docs.html", {"shelves": shelves, "q": q, "sections": sections})


@endpoints.get(
    "/docs/api",
    "Show this document for reading",
    visitors=True,
    answer=OBJECT,
    permission=rows.SHOWN,
)
async def api_reference(request: web.Request) -> Answer:
    """Show every operation with its parameters and fields."""
    document = request.app[DOCUMENT]
    return Answer("docs_api.html", {"groups": operations(document)})


@endpoints.get(
    "/docs/modules",
    "List the parameters of all modules",
    visitors=True,
    answer=OBJECT,
    permission=rows.SHOWN,
)
async def module_reference(request: web.Request) -> Answer:
    """Show what the modules say of themselves."""
    modules = request.app[PLATFORM].modules
    shown: list[dict[str, Any]] = []
    for module in modules.shown(request[IDENTITY]).modules.values():
        description = modules.descriptions.known(module.name).description or {}
        shown.append(
            {
                "name": module.name,
                "title": module.title,
                "summary": module.summary,
                "parameters": description.get("train", []),
            }
        )
    return Answer("docs_modules.html", {"modules": shown})


@endpoints.get(
    "/docs/images/{picture}",
    "Get a picture of a guide",
    visitors=True,
    answer=BYTES,
    answer_type="image/png",
    permission=rows.SHOWN,
)
async def picture(request: web.Request) -> web.Response:
    """Return a picture."""
    return await _file("images", request.match_info["picture"], PICTURES)


@endpoints.get(
    "/docs/monitoring/{file}",
    "Get a file for Prometheus or Grafana",
    visitors=True,
    answer=TEXT,
    permission=rows.SHOWN,
)
async def monitoring_file(request: web.Request) -> web.Response:
    """Return a file of configuration."""
    return await _file("monitoring", request.match_info["file"], CONFIGURATION)


async def _file(folder: str, name: str, kinds: Mapping[str, str]) -> web.Response:
    kind = kinds.get(name[name.rfind(".") :])
    content = await asyncio.to_thread(_content, folder, name) if kind else None
    if content is None:
        raise NotFound(f"There is no file {name} in {folder}.")
    headers = {"Cache-Control": "public, max-age=3600", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=content, content_type=kind or "", headers=headers)


@endpoints.get("/docs/{guide:.+}", "Get a guide", visitors=True, answer=GuideSchema, permission=rows.SHOWN)
async def guide(request: web.Request) -> Answer:
    """Show a guide."""
    shelf = await asyncio.to_thread(library)
    found = shelf.get(request.match_info["guide"])
    html = html_of(found.text, folder=found.folder, anchors=found.anchors, below=0)
    return Answer("docs_guide.html", {**found.to_json(), "html": html})


def _brief(guide: dict[str, Any]) -> dict[str, Any]:
    return {name: guide[name] for name in ("name", "title", "summary")}


def _content(folder: str, name: str) -> bytes | None:
    try:
        with ConfinedFolder(library().folder / folder).open(name) as file:
            return file.read(LARGEST_FILE)
    except (OSError, ValueError):
        return None
