"""Queues of label sets, and the page on which their spectra are labelled."""

from __future__ import annotations

import random

from aiohttp import web

from dashboard.auth.policy import Action, labels
from dashboard.base.errors import Conflict, FieldError, Invalid
from dashboard.labels.choosing import label_set_for
from dashboard.labels.queue import OriginKind, QueueRow
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.labels.answers import (
    ItemListSchema,
    QueueAnswerSchema,
    QueueListSchema,
    QueueProgressSchema,
)
from dashboard.web.schemas.labels.requests import (
    DatasetQueueCreateSchema,
    OwnQuery,
    QueueCreateSchema,
    TakeSchema,
)

endpoints = Endpoints("Labels", "label_set")
NAMES = {
    OriginKind.DATASET: "Whole dataset",
    OriginKind.SELECTION: "Selection",
    OriginKind.DISAGREEMENT: "Disagreements",
}


@endpoints.get(
    "/label-sets/{label_set}/queues",
    "List the queues of a label set, newest first",
    answer=QueueListSchema,
    permission=rows.READ,
)
async def label_queues(request: web.Request) -> web.Response:
    """List queues."""
    queues = request.app[PLATFORM].labels.queues
    found = await queues.of_set(request.match_info["label_set"], request[IDENTITY])
    return json_answer({"queues": [one.to_json() for one in found], "total": len(found)})


@endpoints.post(
    "/label-sets/{label_set}/queues",
    "Make a queue of spectra of the dataset, or of those that labellers disagree on",
    action=Action.LABEL,
    body=QueueCreateSchema,
    answer=QueueAnswerSchema,
    status=201,
    permission=rows.LABEL,
)
async def create_queue(request: web.Request) -> Answer:
    """Make a queue."""
    body, name = request[BODY], request.match_info["label_set"]
    kind = OriginKind(body["kind"])
    chosen = await _rows(request, kind)
    if body["shuffled"]:
        random.shuffle(chosen)
    made = await request.app[PLATFORM].labels.queues.create(
        name,
        [QueueRow(row) for row in chosen],
        {"kind": str(kind)},
        request[IDENTITY],
        name=body.get("name") or NAMES[kind],
        blind=body["blind"],
        copies=body["copies"],
    )
    return Answer(
        "done.html", {"queue": made.to_json()}, 201, {"Location": f"/label-sets/{name}/queues/{made.id}"}
    )


@endpoints.post(
    "/data/{dataset}/label-queues",
    "Make a queue of some spectra of a dataset, to label them",
    body=DatasetQueueCreateSchema,
    answer=QueueAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def label_spectra(request: web.Request) -> Answer:
    """Make a queue of spectra that were selected in the list."""
    platform, identity, body = request.app[PLATFORM], request[IDENTITY], request[BODY]
    dataset = await platform.data.get(request.match_info["dataset"], identity)
    found = await label_set_for(
        platform.labels,
        dataset,
        identity,
        label_set=body.get("label_set") or "",
        classes=body.get("classes") or (),
    )
    made = await platform.labels.queues.create(
        found.id,
        [QueueRow(row) for row in body.get("rows") or []],
        {"kind": str(OriginKind.SELECTION)},
        identity,
        name=body.get("name") or NAMES[OriginKind.SELECTION],
    )
    place = f"/label-sets/{found.id}/queues/{made.id}"
    return Answer("done.html", {"queue": made.to_json(), "url": place}, 201, {"Location": place})


async def _rows(request: web.Request, kind: OriginKind) -> list[int]:
    """Return the spectra of a new queue, in the order of the dataset or of the request."""
    service, identity = request.app[PLATFORM].labels, request[IDENTITY]
    body, name = request[BODY], request.match_info["label_set"]
    if kind is OriginKind.SELECTION:
        return list(body.get("rows") or [])
    if body.get("rows"):
        reason = f"are chosen by the kind {kind}: leave them out"
        raise Invalid(f"The rows {reason}.", [FieldError("rows", reason)])
    if kind is OriginKind.DISAGREEMENT:
        found = [one for one in await service.conflicts(name, identity) if one.decision is None]
        if not found:
            raise Conflict("There is no open disagreement: nobody contradicts anybody.")
        there = await service.spectra.numbers(
            (await service.get(name, identity)).dataset, [one.spectrum for one in found]
        )
        return sorted(there.values())
    return await service.dataset_rows(name, identity, unlabelled=body["unlabelled"])


@endpoints.get(
    "/label-sets/{label_set}/queues/{queue}",
    "Get a queue, to label its spectra",
    answer=OBJECT,
    permission=rows.READ,
)
async def label_queue(request: web.Request) -> Answer:
    """Show the label page."""
    platform, identity, names = request.app[PLATFORM], request[IDENTITY], request.match_info
    found, queue = await platform.labels.queues.get(names["label_set"], names["queue"], identity)
    data = {
        "label_set": found,
        "queue": queue.to_json(),
        "progress": await platform.labels.queues.progress(found.id, queue.id, identity),
        "labels_here": labels(identity, found.ownership),
        "labeller": identity.user,
        "dataset_there": await platform.data.find(found.dataset, identity) is not None,
    }
    return Answer("label.html", data)


@endpoints.delete(
    "/label-sets/{label_set}/queues/{queue}",
    "Delete a queue; its labels stay",
    action=Action.LABEL,
    status=204,
    permission=rows.CHANGE,
)
async def delete_queue(request: web.Request) -> web.Response:
    """Delete a queue."""
    names = request.match_info
    await request.app[PLATFORM].labels.queues.delete(names["label_set"], names["queue"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.get(
    "/label-sets/{label_set}/queues/{queue}/progress",
    "Get how far a queue is, by labeller",
    answer=QueueProgressSchema,
    permission=rows.READ,
)
async def queue_progress(request: web.Request) -> web.Response:
    """Return the progress."""
    names, queues = request.match_info, request.app[PLATFORM].labels.queues
    return json_answer(await queues.progress(names["label_set"], names["queue"], request[IDENTITY]))


@endpoints.get(
    "/label-sets/{label_set}/queues/{queue}/own",
    "List the spectra of a queue that the caller has or has done",
    query=OwnQuery,
    answer=ItemListSchema,
    permission=rows.READ,
)
async def own_items(request: web.Request) -> web.Response:
    """List one's own spectra."""
    names, queues = request.match_info, request.app[PLATFORM].labels.queues
    items = await queues.own(names["label_set"], names["queue"], request[IDENTITY], **request[QUERY])
    return json_answer({"items": items})


@endpoints.post(
    "/label-sets/{label_set}/queues/{queue}/take",
    "Take the next spectra of a queue, for a while for oneself alone",
    action=Action.LABEL,
    audit=False,
    body=TakeSchema,
    answer=ItemListSchema,
    permission=rows.LABEL,
)
async def take_items(request: web.Request) -> web.Response:
    """Hand out spectra."""
    names, queues = request.match_info, request.app[PLATFORM].labels.queues
    where = (names["label_set"], names["queue"])
    items = await queues.take(*where, request[IDENTITY], request[BODY]["count"])
    progress = await queues.progress(*where, request[IDENTITY], Action.LABEL)
    return json_answer({"items": items, "progress": progress})


@endpoints.post(
    "/label-sets/{label_set}/queues/{queue}/release",
    "Give back the spectra of a queue that the caller has and has not done",
    action=Action.LABEL,
    audit=False,
    status=204,
    permission=rows.LABEL,
)
async def release_items(request: web.Request) -> web.Response:
    """Take spectra back."""
    names, queues = request.match_info, request.app[PLATFORM].labels.queues
    await queues.release(names["label_set"], names["queue"], request[IDENTITY])
    return web.Response(status=204)
