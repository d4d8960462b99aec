"""Sources of spectra: their list, their form, their history."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from aiohttp import ClientPayloadError, web

from dashboard.auth.policy import Action
from dashboard.base.errors import Invalid
from dashboard.base.ownership import Visibility
from dashboard.data.acquisition.acquisition import Acquisition, SourceRow
from dashboard.data.ingest.upload_stream import BLOCK
from dashboard.data.sources.kinds.registry import KINDS
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.app.requests import require_identity_encoding
from dashboard.web.pages.sources.messages import FAULTS
from dashboard.web.permissions import rows
from dashboard.web.schemas.schema import PageQuery
from dashboard.web.schemas.sources.source import (
    SourceAnswerSchema,
    SourceChangeSchema,
    SourceCreateSchema,
    SourceKindQuery,
    SourceListSchema,
    SourceQuery,
)

endpoints = Endpoints("Sources", "source")


def kind_json(name: str) -> dict[str, Any]:
    """Return a kind with the parameters of its form."""
    kind = KINDS[name]
    return {
        "name": kind.name,
        "title": kind.title,
        "help": kind.help,
        "parameters": [dict(one) for one in kind.parameters],
    }


def shown(row: SourceRow, last: Acquisition | None = None) -> dict[str, Any]:
    """Return a source as a page shows it.

    Parameters
    ----------
    row : SourceRow
        The source.
    last : Acquisition, optional
        Its newest acquisition.
    """
    told = {**row.to_json(), "title": KINDS[row.kind].title if row.kind in KINDS else row.kind}
    return {**told, "last": last.to_json() if last else None}


@endpoints.get(
    "/sources", "List sources, newest first", query=SourceQuery, answer=SourceListSchema, permission=rows.LIST
)
async def sources(request: web.Request) -> Answer:
    """Show the sources."""
    service, query = request.app[PLATFORM].acquisitions, request[QUERY]
    found = await service.sources.store.search(query["q"], query["page"], query["size"], request[IDENTITY])
    last = await service.acquisitions.last([row.id for row in found.items])
    told = [shown(row, last.get(row.id)) for row in found.items]
    return Answer("sources.html", {"sources": told, "total": found.total, **query})


@endpoints.get(
    "/sources/new",
    "Get the kinds of sources with their parameters",
    action=Action.CREATE,
    query=SourceKindQuery,
    answer=OBJECT,
    permission=rows.CREATE,
)
async def new_source(request: web.Request) -> Answer:
    """Show the form of a new source."""
    kind = request[QUERY]["kind"]
    listed = [kind_json(name) for name in KINDS]
    projects = [project.to_json() for project in await request.app[PLATFORM].projects.list(request[IDENTITY])]
    chosen = kind_json(kind) if kind else None
    return Answer("source_new.html", {"kinds": listed, "kind": chosen, "projects": projects})


@endpoints.post(
    "/sources",
    "Create a source",
    body=SourceCreateSchema,
    answer=SourceAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_source(request: web.Request) -> Answer:
    """Create a source."""
    made = await request.app[PLATFORM].acquisitions.sources.create(request[BODY], request[IDENTITY])
    return Answer("done.html", {"source": shown(made)}, 201, {"Location": f"/sources/{made.id}"})


@endpoints.get(
    "/sources/{source}",
    "Get a source with its history",
    query=PageQuery,
    answer=OBJECT,
    permission=rows.READ,
)
async def source(request: web.Request) -> Answer:
    """Show a source."""
    service, query = request.app[PLATFORM].acquisitions, request[QUERY]
    row = await service.sources.get(request.match_info["source"], request[IDENTITY])
    history = await service.acquisitions.of_source(row.id, query["page"], query["size"])
    data = {
        "source": shown(row),
        "kind": kind_json(row.kind),
        "acquisitions": [one.to_json() for one in history.items],
        "total": history.total,
        "faults": {str(name): text for name, text in FAULTS.items()},
        "shared": row.visibility != Visibility.PRIVATE,
        **query,
    }
    return Answer("source.html", data)


@endpoints.post(
    "/sources/{source}",
    "Change a source; what is left out stays",
    action=Action.CHANGE,
    body=SourceChangeSchema,
    answer=SourceAnswerSchema,
    permission=rows.CHANGE,
)
async def change_source(request: web.Request) -> Answer:
    """Change a source."""
    changed = await request.app[PLATFORM].acquisitions.sources.change(
        request.match_info["source"], request[BODY], request[IDENTITY]
    )
    return Answer("done.html", {"source": shown(changed)})


@endpoints.delete(
    "/sources/{source}", "Delete a source with its history; datasets stay", status=204, permission=rows.CHANGE
)
async def delete_source(request: web.Request) -> web.Response:
    """Delete a source."""
    await request.app[PLATFORM].acquisitions.delete_source(request.match_info["source"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.put(
    "/sources/{source}/list",
    "Upload the VOTable of a source of the kind votable",
    action=Action.CHANGE,
    body=BYTES,
    body_type="application/x-votable+xml",
    answer=SourceAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def upload_list(request: web.Request) -> web.Response:
    """Store the list of a source."""
    service = request.app[PLATFORM].acquisitions.sources
    row = await service.upload(request.match_info["source"], _body(request), request[IDENTITY])
    return json_answer({"source": shown(row)}, status=201)


@endpoints.post(
    "/sources/{source}/parameters",
    "Ask an SSA service which free parameters it takes",
    action=Action.CHANGE,
    audit=False,
    answer=OBJECT,
    permission=rows.CHANGE,
)
async def free_parameters(request: web.Request) -> web.Response:
    """Ask a service what it takes."""
    service = request.app[PLATFORM].acquisitions.sources
    found = await service.free_parameters(request.match_info["source"], request[IDENTITY])
    return json_answer({"parameters": [asdict(one) for one in found]})


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    require_identity_encoding(request)
    try:
        async for chunk in request.content.iter_chunked(BLOCK):
            yield chunk
    except (ClientPayloadError, ConnectionError) as error:
        raise Invalid("The upload was cut short; nothing of it was kept. Send it again.") from error
