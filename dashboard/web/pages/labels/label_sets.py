"""Label sets: the list, and one with its queues, versions and conflicts."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action, labels
from dashboard.jobs.job import Job, JobFilter, Phase
from dashboard.labels.agreement import agreements
from dashboard.labels.current import LabelState
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.app.requests import pages_in
from dashboard.web.pages.train import CHOICES
from dashboard.web.permissions import rows
from dashboard.web.schemas.labels.answers import (
    LabelSetAnswerSchema,
    LabelSetListSchema,
    SpectrumLabelListSchema,
)
from dashboard.web.schemas.labels.requests import (
    LabelQuery,
    LabelSetChangeSchema,
    LabelSetCreateSchema,
    LabelSetQuery,
)

endpoints = Endpoints("Labels", "label_set")
CONFLICTS_SHOWN = 100


@endpoints.get(
    "/label-sets",
    "List label sets, newest first",
    query=LabelSetQuery,
    answer=LabelSetListSchema,
    permission=rows.LIST,
)
async def label_sets(request: web.Request) -> Answer:
    """Show the label sets."""
    platform, query = request.app[PLATFORM], request[QUERY]
    found = await platform.labels.store.search(**query, identity=request[IDENTITY])
    datasets = await platform.data.store.search(state="ready", size=CHOICES, identity=request[IDENTITY])
    projects = await platform.projects.list(request[IDENTITY])
    data = {"label_sets": found.items, "total": found.total, **query}
    more = {
        "datasets": datasets.items,
        "projects": projects,
        "pages": pages_in(found.total, query["size"]),
    }
    return Answer("label_sets.html", {**data, **more})


@endpoints.post(
    "/label-sets",
    "Make a label set for a dataset",
    body=LabelSetCreateSchema,
    answer=LabelSetAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_label_set(request: web.Request) -> Answer:
    """Make a label set."""
    body = request[BODY]
    made = await request.app[PLATFORM].labels.create(
        body["name"],
        body["dataset"],
        body["classes"] or [],
        request[IDENTITY],
        project=body.get("project") or None,
    )
    return Answer("done.html", {"label_set": made}, 201, {"Location": f"/label-sets/{made.id}"})


@endpoints.get(
    "/label-sets/{label_set}",
    "Get a label set with its queues, versions and conflicts",
    answer=OBJECT,
    permission=rows.READ,
)
async def label_set(request: web.Request) -> Answer:
    """Show a label set."""
    platform, identity, name = request.app[PLATFORM], request[IDENTITY], request.match_info["label_set"]
    service = platform.labels
    found = await service.get(name, identity)
    current = await service.current(name, identity)
    queues = await service.queues.of_set(name, identity)
    conflicts = [one for one in current if len(set(one.opinions().values())) > 1]
    data = {
        "label_set": found,
        "spectra": len(current),
        "counts": current.counts(),
        "queues": [
            {**queue.to_json(), "progress": await service.queues.progress(name, queue.id, identity)}
            for queue in queues
        ],
        "versions": [one.to_json() for one in await service.versions.of_set(name, identity)],
        "agreement": [one.to_json() for one in agreements(current)],
        "conflicts": [one.to_json() for one in conflicts[:CONFLICTS_SHOWN]],
        "conflicts_total": len(conflicts),
        "labels_here": labels(identity, found.ownership),
        "dataset_there": await platform.data.find(found.dataset, identity) is not None,
    }
    wanted = JobFilter(phases=(Phase.COMPLETED,), dataset=found.dataset)
    jobs = await platform.jobs.list(wanted, size=CHOICES, identity=identity)
    return Answer("label_set.html", {**data, "jobs": [_named(one) for one in jobs.items]})


def _named(job: Job) -> dict[str, str]:
    """Return a job as the form of a queue offers it."""
    return {"id": job.id, "name": job.label or f"{job.module}, {job.created[:16]}", "action": job.action}


@endpoints.post(
    "/label-sets/{label_set}",
    "Rename a label set, or add classes",
    action=Action.CHANGE,
    body=LabelSetChangeSchema,
    answer=LabelSetAnswerSchema,
    permission=rows.CHANGE,
)
async def change_label_set(request: web.Request) -> web.Response:
    """Change a label set."""
    body = request[BODY]
    changed = await request.app[PLATFORM].labels.change(
        request.match_info["label_set"],
        request[IDENTITY],
        name=body.get("name"),
        classes=body.get("classes") or (),
    )
    return json_answer({"label_set": changed})


@endpoints.delete(
    "/label-sets/{label_set}",
    "Delete a label set with its log, versions and queues",
    status=204,
    permission=rows.CHANGE,
)
async def delete_label_set(request: web.Request) -> web.Response:
    """Delete a label set."""
    await request.app[PLATFORM].labels.delete(request.match_info["label_set"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.get(
    "/label-sets/{label_set}/labels",
    "List what is known of each spectrum now",
    query=LabelQuery,
    answer=SpectrumLabelListSchema,
    permission=rows.READ,
)
async def current_labels(request: web.Request) -> web.Response:
    """List labels."""
    query = request[QUERY]
    current = await request.app[PLATFORM].labels.current(request.match_info["label_set"], request[IDENTITY])
    found = []
    for one in sorted(current, key=lambda one: (one.spectrum.row, one.spectrum.text)):
        state, label = one.state()
        kept = state is not LabelState.NONE or query["state"] == LabelState.NONE
        kept = kept and query["state"] in ("", state) and query["label"] in ("", label)
        if kept and (not query["labeller"] or query["labeller"] in one.opinions()):
            found.append(one)
    first = (query["page"] - 1) * query["size"]
    shown = found[first : first + query["size"]]
    return json_answer({"labels": [one.to_json() for one in shown], "total": len(found)})
