"""Results of a job: its log, metrics, events and files."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.base.errors import NotFound
from dashboard.jobs.folder.usage import usage_of
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import BYTES, Endpoints
from dashboard.web.pages.archive import ZIP, send_archive
from dashboard.web.permissions import rows
from dashboard.web.schemas.jobs import (
    EventListSchema,
    LogChunkSchema,
    LogQuery,
    MetricsSchema,
    UsageSchema,
)
from wire.streamed import StreamedAnswer

endpoints = Endpoints("Jobs", "job")
LOG_PIECE = 262_144  # bytes


@endpoints.get(
    "/jobs/{job}/log",
    "Get a part of the log",
    query=LogQuery,
    answer=LogChunkSchema,
    permission=rows.READ,
)
async def job_log(request: web.Request) -> web.StreamResponse:
    """Return a piece of the log, or all of it as text."""
    platform = request.app[PLATFORM]
    identifier = request.match_info["job"]
    await platform.jobs.get(identifier, request[IDENTITY])
    if not await platform.jobs.attempts(identifier):
        return web.json_response({"text": "", "start": 0, "end": 0, "size": 0})
    results = await platform.results(identifier, request[IDENTITY])
    if request[QUERY]["format"] != "text":
        start = request[QUERY]["start"]
        part = await asyncio.to_thread(results.log, start, LOG_PIECE)
        return web.json_response(part.to_json())
    record(request, Deed.DOWNLOADED, "job", identifier, operation="job_log", detail="log")
    response = StreamedAnswer(headers={"Content-Disposition": f'inline; filename="{identifier}.log"'})
    response.content_type, response.charset = "text/plain", "utf-8"
    await response.prepare(request)
    start = 0
    while (part := await asyncio.to_thread(results.log, start, LOG_PIECE)).text:
        await response.write(part.text.encode())
        start = part.end
    await response.write_eof()
    return response


@endpoints.get(
    "/jobs/{job}/metrics",
    "Get the metric curves and final values",
    answer=MetricsSchema,
    permission=rows.READ,
)
async def job_metrics(request: web.Request) -> web.Response:
    """Return the curves of a job's metrics."""
    platform = request.app[PLATFORM]
    found = await platform.jobs.get(request.match_info["job"], request[IDENTITY])
    if not await platform.jobs.attempts(found.id):
        return web.json_response({"metrics": {}, "summary": {}})
    results = await platform.results(found.id, request[IDENTITY])
    curves = await asyncio.to_thread(results.metrics)
    return web.json_response({"metrics": curves, "summary": found.metrics or {}})


@endpoints.get(
    "/jobs/{job}/usage",
    "Get the processors, memory and GPUs that a job used over time, and in all",
    answer=UsageSchema,
    permission=rows.READ,
)
async def job_usage(request: web.Request) -> web.Response:
    """Return what the newest attempt used."""
    platform = request.app[PLATFORM]
    found = await platform.jobs.get(request.match_info["job"], request[IDENTITY])
    lines: list[dict[str, Any]] = []
    if await platform.jobs.attempts(found.id):
        results = await platform.results(found.id, request[IDENTITY])
        lines = await asyncio.to_thread(results.usage)
    return web.json_response({"usage": usage_of(lines, found.resources).to_json()})


@endpoints.get("/jobs/{job}/events", "List the events of a job", answer=EventListSchema, permission=rows.READ)
async def job_events(request: web.Request) -> web.Response:
    """Return the events of a job, also of a deleted one."""
    events = await request.app[PLATFORM].jobs.events(request.match_info["job"])
    return web.json_response({"events": [event.to_json() for event in events]})


@endpoints.get(
    "/jobs/{job}/artefacts",
    "Download all output files of a job as a ZIP archive",
    audit=True,
    answer=BYTES,
    answer_type=ZIP,
    permission=rows.READ,
)
async def job_archive(request: web.Request) -> web.StreamResponse:
    """Stream the files of ``out/`` that are recorded."""
    job = request.match_info["job"]
    results = await request.app[PLATFORM].results(job, request[IDENTITY])
    return await send_archive(request, job, results.folder, results.files())


@endpoints.get(
    "/jobs/{job}/artefacts/{path:.+}",
    "Download an output file of a job",
    audit=True,
    answer=BYTES,
    answer_type="application/octet-stream",
    permission=rows.READ,
)
async def job_artefact(request: web.Request) -> web.StreamResponse:
    """Stream a file of ``out/``; always as a download, whatever its type.

    Parameters
    ----------
    request : web.Request
        Names the ``job`` and the ``path``.

    Returns
    -------
    web.StreamResponse
        The file.

    Raises
    ------
    NotFound
        If there is no such job that the identity may see, or no such file.
    """
    return await send_artefact(request, request.match_info["job"], request.match_info["path"])


async def send_artefact(request: web.Request, job: str, path: str) -> web.StreamResponse:
    """Stream one file of the ``out/`` of a job as a download; `NotFound` where there is none."""
    results = await request.app[PLATFORM].results(job, request[IDENTITY])
    name = quote(path.rpartition("/")[2])
    response = StreamedAnswer(headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})
    response.content_type = "application/octet-stream"
    try:
        opened = results.folder.open(path)
    except OSError as error:
        raise NotFound(f"Job {job} has no file {path}.") from error
    with opened as file:
        await response.prepare(request)
        while block := await asyncio.to_thread(file.read, LOG_PIECE):
            await response.write(block)
    await response.write_eof()
    return response
