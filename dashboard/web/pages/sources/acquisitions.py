"""Acquisitions: the list of records as a preview, the choice, the progress of each record."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.data.acquisition.acquisition import Acquisition, Choice, RecordFilter
from dashboard.data.acquisition.service import ranges_of
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.pages.sources.messages import ADVICE, FAULTS, NOTICES
from dashboard.web.pages.sources.sources import shown
from dashboard.web.permissions import rows
from dashboard.web.schemas.sources.acquisition import (
    AcquisitionAgainSchema,
    AcquisitionAnswerSchema,
    AcquisitionCreateSchema,
    AcquisitionPageSchema,
    AcquisitionStartSchema,
    RecordQuery,
)

endpoints = Endpoints("Acquisitions", "source")
ONE = "/sources/{source}/acquisitions/{acquisition}"


@endpoints.post(
    "/sources/{source}/acquisitions",
    "List the records of a source, and fetch them all if asked to",
    action=Action.CHANGE,
    body=AcquisitionCreateSchema,
    answer=AcquisitionAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def create_acquisition(request: web.Request) -> Answer:
    """Begin an acquisition."""
    body, named = request[BODY], request.match_info["source"]
    made = await request.app[PLATFORM].acquisitions.create(
        named,
        request[IDENTITY],
        name=body["name"] or "",
        auto=body["fetch"],
        only_new=body["only_new"],
        by_reference=body["by_reference"],
    )
    where = f"/sources/{named}/acquisitions/{made.id}"
    return Answer("done.html", {"acquisition": made.to_json()}, 201, {"Location": where})


@endpoints.get(
    ONE,
    "Get an acquisition with a page of its records",
    query=RecordQuery,
    answer=AcquisitionPageSchema,
    permission=rows.READ,
)
async def acquisition(request: web.Request) -> Answer:
    """Show an acquisition."""
    service, query, named = request.app[PLATFORM].acquisitions, request[QUERY], request.match_info
    row, found = await service.get(named["source"], named["acquisition"], request[IDENTITY])
    page = await service.shown(found, RecordFilter(query["q"], query["state"]), query["page"], query["size"])
    dataset = await request.app[PLATFORM].data.find(found.dataset or "", request[IDENTITY])
    data = {
        "source": shown(row),
        "acquisition": found.to_json(),
        "dataset": dataset.to_json() if dataset else None,
        "records": [one.to_json() for one in page.items],
        "total": page.total,
        "counts": await service.records.faults(found.id) if found.failed else {},
        "sky": await service.sky(found),
        "messages": {"faults": _named(FAULTS), "advice": _named(ADVICE), "notices": _named(NOTICES)},
        **query,
    }
    return Answer("acquisition.html", data)


@endpoints.post(
    f"{ONE}/start",
    "Fetch the listed records of a choice into a new dataset",
    action=Action.CHANGE,
    body=AcquisitionStartSchema,
    answer=AcquisitionAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def start_acquisition(request: web.Request) -> web.Response:
    """Fetch what was chosen."""
    body, named = request[BODY], request.match_info
    choice = Choice(ranges_of(body["numbers"] or ""), body["q"] or "")
    found = await request.app[PLATFORM].acquisitions.begin(
        named["source"],
        named["acquisition"],
        request[IDENTITY],
        choice=choice,
        name=body["name"] or "",
        by_reference=body["by_reference"],
    )
    return _told(found)


@endpoints.post(
    f"{ONE}/stop",
    "Stop an acquisition; what was fetched stays",
    action=Action.CHANGE,
    answer=AcquisitionAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def stop_acquisition(request: web.Request) -> web.Response:
    """Stop an acquisition."""
    named = request.match_info
    return _told(
        await request.app[PLATFORM].acquisitions.halt(
            named["source"], named["acquisition"], request[IDENTITY]
        )
    )


@endpoints.post(
    f"{ONE}/again",
    "Fetch once more: only what failed or was not tried, or everything",
    action=Action.CHANGE,
    body=AcquisitionAgainSchema,
    answer=AcquisitionAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def again_acquisition(request: web.Request) -> web.Response:
    """Fetch once more."""
    named = request.match_info
    only_failed = request[BODY]["what"] == "failed"
    found = await request.app[PLATFORM].acquisitions.again(
        named["source"], named["acquisition"], request[IDENTITY], only_failed=only_failed
    )
    return _told(found)


@endpoints.delete(
    ONE,
    "Delete an acquisition with its list of records; its dataset stays",
    status=204,
    permission=rows.CHANGE,
)
async def delete_acquisition(request: web.Request) -> web.Response:
    """Delete an acquisition."""
    named = request.match_info
    await request.app[PLATFORM].acquisitions.delete(named["source"], named["acquisition"], request[IDENTITY])
    return web.Response(status=204)


def _told(found: Acquisition) -> web.Response:
    return json_answer({"acquisition": found.to_json()}, status=202)


def _named(messages: Any) -> dict[str, str]:
    return {str(name): text for name, text in messages.items()}
