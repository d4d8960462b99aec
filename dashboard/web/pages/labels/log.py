"""The log of a label set, its versions, and how far its labellers agree."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.labels.event import EventKind, NewEvent
from dashboard.web.app.app_keys import BODY, IDENTITY, PATH, PLATFORM, QUERY
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.labels.answers import (
    AgreementListSchema,
    AppendedSchema,
    LabelEventListSchema,
    VersionAnswerSchema,
    VersionLabelsSchema,
    VersionListSchema,
)
from dashboard.web.schemas.labels.requests import (
    EVENTS_AT_ONCE,
    EventQuery,
    EventsSchema,
    LabelVersionCreateSchema,
)

endpoints = Endpoints("Labels", "label_set")


@endpoints.get(
    "/label-sets/{label_set}/events",
    "List the events of the log, in its order",
    query=EventQuery,
    answer=LabelEventListSchema,
    permission=rows.READ,
)
async def label_events(request: web.Request) -> web.Response:
    """List events."""
    service, query = request.app[PLATFORM].labels, request[QUERY]
    found = await service.get(request.match_info["label_set"], request[IDENTITY])
    events = await service.log.page(found.id, query["after"], query["size"])
    following = events[-1].number if len(events) == query["size"] else None
    return json_answer({"events": [event.to_json() for event in events], "next": following})


@endpoints.post(
    "/label-sets/{label_set}/events",
    "Add events to the log; one that is sent again counts once",
    action=Action.LABEL,
    audit=False,
    body=EventsSchema,
    answer=AppendedSchema,
    permission=rows.LABEL,
)
async def append_events(request: web.Request) -> web.Response:
    """Add events.

    Parameters
    ----------
    request : web.Request
        Its body has the events.

    Returns
    -------
    web.Response
        What became of each.

    Raises
    ------
    Invalid
        If there are too many.
    """
    sent = request[BODY]["events"]
    if len(sent) > EVENTS_AT_ONCE:
        reason = f"at most {EVENTS_AT_ONCE} at once"
        raise Invalid(f"{len(sent)} events were sent: {reason}.", [FieldError("events", reason)])
    events = [
        NewEvent(
            key=one["key"],
            kind=EventKind(one["kind"]),
            row=one["row"],
            label=one.get("label"),
            comment=one.get("comment") or "",
            undoes=one.get("undoes"),
            queue=one.get("queue"),
            shown=one.get("shown") or {},
            made=(one.get("made") or "")[:30] or None,
        )
        for one in sent
    ]
    done = await request.app[PLATFORM].labels.append(
        request.match_info["label_set"], events, request[IDENTITY]
    )
    return json_answer(done.to_json())


@endpoints.get(
    "/label-sets/{label_set}/agreement",
    "Get Cohen's kappa of every pair of labellers",
    answer=AgreementListSchema,
    permission=rows.READ,
)
async def label_agreement(request: web.Request) -> web.Response:
    """List agreements."""
    found = await request.app[PLATFORM].labels.agreement(request.match_info["label_set"], request[IDENTITY])
    return json_answer({"agreement": [one.to_json() for one in found], "total": len(found)})


@endpoints.get(
    "/label-sets/{label_set}/versions",
    "List the versions of a label set, newest first",
    answer=VersionListSchema,
    permission=rows.READ,
)
async def label_versions(request: web.Request) -> web.Response:
    """List versions."""
    versions = request.app[PLATFORM].labels.versions
    found = await versions.of_set(request.match_info["label_set"], request[IDENTITY])
    return json_answer({"versions": [one.to_json() for one in found], "total": len(found)})


@endpoints.post(
    "/label-sets/{label_set}/versions",
    "Make a version of the log as it is now, unless the newest is the same",
    action=Action.LABEL,
    body=LabelVersionCreateSchema,
    answer=VersionAnswerSchema,
    status=201,
    permission=rows.LABEL,
)
async def create_version(request: web.Request) -> Answer:
    """Make a version."""
    name = request.match_info["label_set"]
    made = await request.app[PLATFORM].labels.versions.create(
        name, request[IDENTITY], request[BODY].get("note") or ""
    )
    return Answer("done.html", {"version": made}, 201, {"Location": f"/label-sets/{name}#versions"})


@endpoints.get(
    "/label-sets/{label_set}/versions/{label_version:\\d+}",
    "Get a version with its labels",
    answer=VersionLabelsSchema,
    permission=rows.READ,
)
async def label_version(request: web.Request) -> web.Response:
    """Return a version."""
    versions = request.app[PLATFORM].labels.versions
    names = request[PATH]
    version = await versions.numbered(names["label_set"], names["label_version"], request[IDENTITY])
    labels = [
        {
            "row": one.spectrum.row,
            "name": one.spectrum.name,
            "path": one.spectrum.location.path,
            "hdu": one.spectrum.location.hdu,
            "file_row": one.spectrum.location.row,
            "label": one.label,
        }
        for one in await versions.labels(version)
    ]
    return json_answer({"version": version, "labels": labels})
