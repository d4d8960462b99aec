"""Runs side by side, and the spectra that two of them predict differently."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from dashboard.auth.audit import Deed
from dashboard.comparison.compared_run import ComparedRun
from dashboard.comparison.differences import parameter_rows, setting_rows
from dashboard.comparison.matrices import differences, matrix_views
from dashboard.comparison.measures import groups, metric_rows
from dashboard.comparison.pivot import pivot
from dashboard.comparison.service import MOST_RUNS, ComparedRuns
from dashboard.comparison.table import csv_table, latex_table
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.comparison.comparison import (
    ChangesQuery,
    ChangesSchema,
    ComparisonQuery,
    ComparisonSchema,
    ComparisonTableQuery,
)

endpoints = Endpoints("Comparison", "job")
FILES = {"csv": "comparison.csv", "latex": "comparison.tex"}


@endpoints.get(
    "/compare",
    "Compare runs: what differs in how they were made, and how good they are",
    query=ComparisonQuery,
    answer=ComparisonSchema,
    permission=rows.SIGNED_IN,
)
async def compare(request: web.Request) -> Answer:
    """Show runs side by side."""
    found = await _runs(request)
    runs = found.runs
    data: dict[str, Any] = {
        "runs": [{**run.job.to_json(), "title": run.title, "unreadable": run.unreadable} for run in runs],
        "absent": found.absent,
        "left_out": found.left_out,
        "most": MOST_RUNS,
        "all": request[QUERY]["all"],
        "jobs": [run.job.id for run in runs],
    }
    return Answer("compare.html", data | _compared(runs), plots=True)


def _compared(runs: Sequence[ComparedRun]) -> dict[str, Any]:
    metrics = metric_rows(runs)
    pivoted = pivot(runs, metrics)
    return {
        "metrics": [row.to_json() for row in metrics],
        "parameters": [row.to_json() for row in parameter_rows(runs)],
        "settings": [row.to_json() for row in setting_rows(runs)],
        "groups": [group.to_json() for group in groups(runs)],
        "matrices": [one.to_json() for one in differences(runs)],
        "views": [_views(runs, view) for view in matrix_views(runs)],
        "maps": [
            {"job": run.job.id, "run": run.title, "view": view, "title": title}
            for run in runs
            for view, title in run.maps.items()
        ],
        "pivot": None if pivoted is None else pivoted.to_json(),
    }


def _views(runs: Sequence[ComparedRun], view: str) -> list[dict[str, str]]:
    return [
        {"job": run.job.id, "run": run.title, "view": view, "title": run.matrices[view].title}
        for run in runs
        if view in run.matrices
    ]


async def _runs(request: web.Request) -> ComparedRuns:
    asked = [job for text in request[QUERY]["jobs"] for job in text.split(",") if job]
    return await request.app[PLATFORM].comparison.runs(asked, request[IDENTITY])


@endpoints.get(
    "/compare/table",
    "Get the metrics of runs as CSV or LaTeX",
    query=ComparisonTableQuery,
    answer=TEXT,
    answer_type="text/plain",
    permission=rows.SIGNED_IN,
)
async def table(request: web.Request) -> web.Response:
    """Return the metrics as a file."""
    runs = (await _runs(request)).runs
    for run in runs:
        record(request, Deed.DOWNLOADED, "job", run.job.id, operation="table", detail="metrics")
    wanted = [row for row in metric_rows(runs) if row.differs or request[QUERY]["all"]]
    form = request[QUERY]["format"]
    text = (csv_table if form == "csv" else latex_table)(runs, wanted)
    return web.Response(text=text, headers={"Content-Disposition": f'attachment; filename="{FILES[form]}"'})


@endpoints.get(
    "/jobs/{job}/changes",
    "List the spectra that another run predicts differently",
    query=ChangesQuery,
    answer=ChangesSchema,
    permission=rows.READ,
)
async def changes(request: web.Request) -> Answer:
    """Show the spectra that changed sides."""
    query = request[QUERY]
    found = await request.app[PLATFORM].comparison.changes(
        (request.match_info["job"], query["to"]),
        query["view"],
        (query["true"], query["predicted"]),
        request[IDENTITY],
        page=query["page"],
        size=query["size"],
    )
    first, second = found.first, found.second
    data = {
        "first": first.job.id,
        "second": second.job.id,
        "titles": (first.title, second.title),
        "classes": found.matrix.classes,
        "changes": found.page.items,
        "total": found.page.total,
        "common": found.agreement.common,
        "only_first": found.agreement.only_first,
        "only_second": found.agreement.only_second,
        "view": query["view"],
        "cell": {"true": query["true"], "predicted": query["predicted"]},
        "page": query["page"],
        "pages": pages_in(found.page.total, query["size"]),
    }
    return Answer("changes.html", data)
