"""Views of a job's report as plain JSON, and the spectra behind their marks."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.data.curve import Window
from dashboard.labels.queue import OriginKind
from dashboard.reports.labelling import LabelSelection
from dashboard.reports.model_queues import ModelSelection
from dashboard.reports.selection import Chosen
from dashboard.web.app.app_keys import BODY, IDENTITY, PATH, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.pages.jobs.source_links import sources
from dashboard.web.permissions import rows
from dashboard.web.schemas.curves import (
    JobDatasetCreateSchema,
    MarkQuery,
    SelectionCreateSchema,
    SelectionSchema,
    ViewListSchema,
    ViewQuery,
    WindowQuery,
)
from dashboard.web.schemas.data import DatasetAnswerSchema
from dashboard.web.schemas.labels.answers import QueueAnswerSchema
from dashboard.web.schemas.labels.requests import ReportQueueCreateSchema

endpoints = Endpoints("Reports", "job")


@endpoints.get(
    "/jobs/{job}/views",
    "List the views of a job's report, without their data",
    answer=ViewListSchema,
    permission=rows.READ,
)
async def views(request: web.Request) -> web.Response:
    """List the views."""
    job = request.match_info["job"]
    return json_answer(
        {"job": job, "views": await request.app[PLATFORM].reports.views(job, request[IDENTITY])}
    )


@endpoints.get(
    "/jobs/{job}/views/{view}",
    "Get a view of the report with its data",
    query=ViewQuery,
    answer=OBJECT,
    permission=rows.READ,
)
async def view(request: web.Request) -> Answer:
    """Show a view."""
    names = request.match_info
    platform = request.app[PLATFORM]
    found = await platform.reports.view(
        names["job"], names["view"], request[IDENTITY], request[QUERY]["first"]
    )
    shown = found["view"]
    if shown["kind"] == "table" and found["dataset"] is not None:
        shown["data"]["sources"] = await sources(platform.data, found["dataset"], shown)
    return Answer("view.html", found, plots=True)


@endpoints.get(
    "/jobs/{job}/views/{view}/marks/{mark:\\d+}",
    "List the spectra of a mark of a view",
    query=MarkQuery,
    answer=OBJECT,
    permission=rows.READ,
)
async def marks(request: web.Request) -> Answer:
    """Show the spectra behind a mark."""
    names, query = request[PATH], request[QUERY]
    found = await request.app[PLATFORM].reports.spectra_of_mark(
        names["job"],
        names["view"],
        names["mark"],
        request[IDENTITY],
        page=query["page"],
        size=query["size"],
        window=Window(query["points"], query["minimum"], query["maximum"]),
    )
    return Answer("marks.html", found, plots=True)


@endpoints.post(
    "/jobs/{job}/selections",
    "Make a dataset of what is selected in a report: rows, marks or points within a polygon",
    kind="dataset",
    body=SelectionCreateSchema,
    answer=SelectionSchema,
    status=201,
    permission=rows.USE,
)
async def select(request: web.Request) -> Answer:
    """Make a dataset of the original spectra of a selection."""
    body = request[BODY]
    chosen = Chosen(**{name: body.get(name) for name in ("rows", "view", "marks", "polygon")})
    made = await request.app[PLATFORM].selections.create(
        request.match_info["job"], chosen, body["name"], request[IDENTITY]
    )
    data = {"dataset": made.dataset, "left_out": made.left_out}
    return Answer("done.html", data, 201, {"Location": f"/data/{made.dataset.id}"})


@endpoints.post(
    "/jobs/{job}/datasets",
    "Make a dataset of the spectra that a job made, or of those that it prepared, as a feature set",
    kind="dataset",
    body=JobDatasetCreateSchema,
    answer=DatasetAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def job_dataset(request: web.Request) -> Answer:
    """Make a dataset of a job's own spectra."""
    made = await request.app[PLATFORM].selections.output(
        request.match_info["job"], request[BODY].get("name") or "", request[IDENTITY]
    )
    return Answer("done.html", {"dataset": made}, 201, {"Location": f"/data/{made.id}"})


@endpoints.post(
    "/jobs/{job}/label-queues",
    "Make a queue of spectra to label: rows or marks of a report, or in an order that the job found",
    kind="label_set",
    body=ReportQueueCreateSchema,
    answer=QueueAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def label_selection(request: web.Request) -> Answer:
    """Make a queue of the original spectra of a selection, or of what the job found."""
    body, platform, where = request[BODY], request.app[PLATFORM], request.match_info["job"]
    into: dict[str, Any] = {
        "label_set": body.get("label_set") or "",
        "classes": body.get("classes") or (),
        "name": body.get("name") or "",
    }
    if body["by"]:
        kind, other = OriginKind(body["by"]), body.get("other") or ""
        asked = ModelSelection(kind, other, body.get("row"), body["count"], **into)
        made = await platform.model_queues.create(where, asked, request[IDENTITY])
    else:
        chosen = Chosen(**{name: body.get(name) for name in ("rows", "view", "marks")})
        made = await platform.report_queues.create(where, LabelSelection(chosen, **into), request[IDENTITY])
    place = f"/label-sets/{made.label_set.id}/queues/{made.queue.id}"
    data = {"queue": made.queue.to_json(), "left_out": made.left_out, "url": place}
    return Answer("done.html", data, 201, {"Location": place})


@endpoints.get(
    "/jobs/{job}/rows/{row:\\d+}",
    "Get a preprocessed spectrum and its original",
    query=WindowQuery,
    answer=OBJECT,
    permission=rows.READ,
)
async def row(request: web.Request) -> Answer:
    """Show a prepared spectrum beside its original."""
    names, window = request[PATH], Window(**request[QUERY])
    found = await request.app[PLATFORM].reports.row(names["job"], names["row"], window, request[IDENTITY])
    return Answer("row.html", found, plots=True)
