"""Views of a job's report as plain JSON, and the spectra behind their marks."""

from __future__ import annotations

from aiohttp import web

from dashboard.base.errors import NotFound
from dashboard.web.app.app_keys import PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints, Query
from dashboard.web.app.query_numbers import json_answer, window_of
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import whole
from dashboard.web.pages.source_links import sources

endpoints = Endpoints("Reports", "job")

MARKED_POINTS = 500
MARKED_AT_ONCE = 100
POINTS = Query("points", "At most so many points of a curve", "integer")


@endpoints.get("/jobs/{job}/views", "The views of a job's report, without their data", answer=OBJECT)
async def views(request: web.Request) -> web.Response:
    """List the views."""
    job = request.match_info["job"]
    return json_answer(request, {"job": job, "views": await request.app[PLATFORM].reports.views(job)})


@endpoints.get(
    "/jobs/{job}/views/{view}",
    "One view with its files resolved",
    queries=[Query("first", "First component plane", "integer")],
    answer=OBJECT,
)
async def view(request: web.Request) -> Answer:
    """Show a view."""
    names = request.match_info
    first = whole(request, "first", 0, 0, 2**31)
    platform = request.app[PLATFORM]
    found = await platform.reports.view(names["job"], names["view"], first)
    shown = found["view"]
    if shown["kind"] == "table" and found["dataset"] is not None:
        shown["data"]["sources"] = await sources(platform.data, found["dataset"], shown)
    return Answer("view.html", found, plots=True)


@endpoints.get(
    "/jobs/{job}/views/{view}/marks/{mark:\\d+}",
    "The spectra behind a mark of a view",
    queries=[
        Query("page", "From 1", "integer"),
        Query("size", f"At most {MARKED_AT_ONCE}", "integer"),
        POINTS,
    ],
    answer=OBJECT,
)
async def marks(request: web.Request) -> Answer:
    """Show the spectra behind a mark."""
    names = request.match_info
    found = await request.app[PLATFORM].reports.marked(
        names["job"],
        names["view"],
        _number(names["mark"]),
        page=whole(request, "page", 1, 1, 2**31),
        size=whole(request, "size", 20, 1, MARKED_AT_ONCE),
        window=window_of(request, MARKED_POINTS),
    )
    return Answer("marks.html", found, plots=True)


@endpoints.get(
    "/jobs/{job}/rows/{row:\\d+}",
    "One row of what the method saw: prepared, and the original",
    queries=[
        POINTS,
        Query("minimum", "Å, vacuum", "number"),
        Query("maximum", "Å, vacuum", "number"),
    ],
    answer=OBJECT,
)
async def row(request: web.Request) -> Answer:
    """Show a prepared spectrum beside its original."""
    names = request.match_info
    window = window_of(request, 2000)
    return Answer(
        "row.html",
        await request.app[PLATFORM].reports.row(names["job"], _number(names["row"]), window),
        plots=True,
    )


def _number(digits: str) -> int:
    if len(digits) > 15:
        raise NotFound(f"There is no number {digits[:15]}….")
    return int(digits)
