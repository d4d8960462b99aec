"""Jobs: the list, one job, and its actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid, NotFound
from dashboard.jobs.job import LIVE, RETRYABLE, Job, JobFilter, Phase
from dashboard.jobs.store.annotation import Annotation
from dashboard.jobs.store.listing import COUNTED
from dashboard.jobs.value_test import value_test
from dashboard.reports.reading_order import ordered_metrics, ordered_views
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.humanise import seconds_of
from dashboard.web.app.rendering import Answer
from dashboard.web.pages.jobs.columns import cells, chosen_columns, offered_columns
from dashboard.web.pages.jobs.differences import other_differences, parameter_rows
from dashboard.web.pages.train import job_request_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.jobs import (
    AnnotationSchema,
    JobAnswerSchema,
    JobChangeSchema,
    JobCreateSchema,
    JobListSchema,
    JobQuery,
)

endpoints = Endpoints("Jobs", "job")
MINE = "me"  # as an owner: the caller


@endpoints.get(
    "/jobs",
    "List jobs, newest first",
    query=JobQuery,
    answer=JobListSchema,
    permission=rows.LIST,
)
async def jobs(request: web.Request) -> Answer:
    """Show the jobs."""
    platform = request.app[PLATFORM]
    query = request[QUERY]
    page, size, sort = query["page"], query["size"], query["sort"]
    owner = request[IDENTITY].user if query["owner"] == MINE else query["owner"]
    words = {name: query[name] for name in ("module", "dataset", "node", "q")}
    tests = tuple(map(value_test, query["where"]))
    wanted = JobFilter(phases=_phases(query["phase"]), owner=owner, values=tests, **words)
    found = await platform.jobs.list(
        wanted, sort, page, size, after=query["after"], before=query["before"], identity=request[IDENTITY]
    )
    columns = chosen_columns(query["columns"])
    waits = any(job.phase is Phase.QUEUED for job in found.items)
    places = await platform.jobs.queue_positions() if waits else {}
    ran_on = await platform.jobs.last_nodes([job.id for job in found.items])
    data = {
        "jobs": [
            {
                **_shown(job),
                "queue_position": places.get(job.id),
                "ran_on": ran_on.get(job.id),
                "cells": cells(job, columns),
            }
            for job in found.items
        ],
        "total": found.total,
        "exact": found.exact,
        "page": page,
        "size": size,
        "following": found.following,
        "preceding": found.preceding,
        "counts": await platform.jobs.counts(request[IDENTITY], owner),
        "counted": COUNTED,
        "modules": sorted(
            {*platform.modules.shown(request[IDENTITY]).modules, *filter(None, [wanted.module])}
        ),
        "filter": {
            "phase": wanted.phases,
            "owner": query["owner"],
            "where": [str(test) for test in tests],
            **words,
        },
        "sort": sort,
        "columns": columns,
        "offered": offered_columns(found.items, columns),
    }
    return Answer("jobs.html", data)


@endpoints.post(
    "/jobs",
    "Create a training job",
    body=JobCreateSchema,
    answer=JobAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_job(request: web.Request) -> Answer:
    """Create a job."""
    job = await request.app[PLATFORM].submit(job_request_of(request[BODY]), request[IDENTITY])
    return created(job)


@endpoints.get(
    "/jobs/{job}", "Get a job with its history, files and report", answer=OBJECT, permission=rows.READ
)
async def job(request: web.Request) -> Answer:
    """Show a job."""
    platform = request.app[PLATFORM]
    found = await platform.jobs.get(request.match_info["job"], request[IDENTITY])
    parent = await _parent(platform, found, request[IDENTITY])
    described = platform.modules.descriptions.known(found.module)
    model = await platform.models.of_job(found.id, request[IDENTITY])
    attempts = await platform.jobs.attempts(found.id)
    data = {
        "job": {
            **_shown(found),
            "ran_on": (await platform.jobs.last_nodes([found.id])).get(found.id),
            "metrics": ordered_metrics(found.metrics, platform.modules.headline(found.module)),
        },
        "running": found.phase in LIVE,
        "attempts": attempts,
        "can_retry": found.phase in RETRYABLE,
        "can_resume": found.phase in RETRYABLE and any(one.checkpoint for one in attempts),
        "events": await platform.jobs.events(found.id),
        "artefacts": await platform.jobs.artefacts(found.id),
        "views": ordered_views(await platform.reports.views(found.id, request[IDENTITY])),
        "model": model,
        "asked": await _asked(platform, found.predicts, found, request[IDENTITY]),
        "start": await _asked(platform, found.start, found, request[IDENTITY]),
        "parameters": parameter_rows(found, described.description, parent),
        "recipe_differs": parent is not None and parent.recipe != found.recipe,
        "differences": other_differences(found, parent) if parent else [],
        "queue_position": (await platform.jobs.queue_positions()).get(found.id),
        "nodes": platform.nodes.usable(request[IDENTITY]),
        "deployment_name": deployment_name(found.module, found.label),
    }
    return Answer("job.html", data, plots=True)


@endpoints.post(
    "/jobs/{job}/annotation",
    "Change label, note and tags of a job",
    body=AnnotationSchema,
    action=Action.CHANGE,
    answer=JobAnswerSchema,
    permission=rows.CHANGE,
)
async def annotate_job(request: web.Request) -> Answer:
    """Change what is written about a job."""
    annotation = Annotation(**request[BODY])
    annotations = request.app[PLATFORM].annotations
    return _done(await annotations.change(request.match_info["job"], annotation, request[IDENTITY]), 200)


@endpoints.delete("/jobs/{job}", "Delete an ended job with its files", status=204, permission=rows.CHANGE)
async def delete_job(request: web.Request) -> web.Response:
    """Delete a job."""
    await request.app[PLATFORM].jobs.delete(request.match_info["job"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.post(
    "/jobs/{job}/abort",
    "Abort a job",
    action=Action.CHANGE,
    answer=JobAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def abort_job(request: web.Request) -> Answer:
    """Abort a job."""
    found = await request.app[PLATFORM].abort(request.match_info["job"], request[IDENTITY])
    return _done(found, 202)


@endpoints.post(
    "/jobs/{job}/retry",
    "Retry a failed or aborted job from the beginning",
    action=Action.CHANGE,
    answer=JobAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def retry_job(request: web.Request) -> Answer:
    """Request another attempt from the beginning."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    return _done(await platform.retry(request.match_info["job"], identity), 202)


@endpoints.post(
    "/jobs/{job}/resume",
    "Resume a failed or aborted job from its last checkpoint",
    action=Action.CHANGE,
    answer=JobAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def resume_job(request: web.Request) -> Answer:
    """Request another attempt from the last checkpoint."""
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    return _done(await platform.resume(request.match_info["job"], identity), 202)


@endpoints.post(
    "/jobs/{job}/again",
    "Run a job again as a new job, with the changes of the body",
    body=JobChangeSchema,
    answer=JobAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def run_again(request: web.Request) -> Answer:
    """Run a job again."""
    changes = {name: value for name, value in request[BODY].items() if name != "module"}
    new = await request.app[PLATFORM].again(request.match_info["job"], changes, request[IDENTITY])
    return created(new)


def deployment_name(module: str, label: str) -> str:
    """Return a name to begin with for a deployment: lower-case, digits and hyphens, at most 40 letters."""
    words = "".join(
        letter if letter.isascii() and letter.isalnum() else " " for letter in f"{module} {label}".lower()
    )
    return "-".join(words.split())[:40].strip("-")


def _shown(job: Job) -> dict[str, Any]:
    return {**job.to_json(), "title": title_of(job), "seconds": seconds_of(job.started, job.ended)}


def title_of(job: Job) -> str:
    """Return what lists call a job: its label; a prediction without one by its spectra; else the id."""
    if job.label or job.action != "predict":
        return job.label or job.id
    return f"Prediction on {job.input.get('name') or job.dataset}"


def created(job: Job) -> Answer:
    """Return the answer to the creation of a job, with its address."""
    return Answer("done.html", {"job": _shown(job)}, 201, {"Location": f"/jobs/{job.id}"})


def _done(job: Job, status: int) -> Answer:
    return Answer("done.html", {"job": _shown(job)}, status, {"Location": f"/jobs/{job.id}"})


async def _asked(platform: Any, asked: str | None, job: Job, identity: Identity) -> dict[str, Any] | None:
    """Return the model that a job asks or starts from, and whether it was trained on the same spectra."""
    if asked is None:
        return None
    try:
        model = await platform.models.get(asked, identity)
    except NotFound:
        return {"id": asked, "name": "", "trained_on": False}
    known = job.input.get("sha256")
    same = known is not None and model.input.get("sha256") == known
    return {"id": model.id, "name": model.name, "trained_on": same}


async def _parent(platform: Any, job: Job, identity: Identity) -> Job | None:
    """Return the job that this one repeats, if it is still there."""
    if job.parent is None:
        return None
    try:
        found: Job = await platform.jobs.get(job.parent, identity)
    except NotFound:
        return None
    return found


def _phases(texts: Iterable[str]) -> tuple[Phase, ...]:
    try:
        named = ",".join(texts).split(",")
        return tuple(Phase(name.upper()) for name in named if name)
    except ValueError as error:
        message = f"must be among {', '.join(Phase)}"
        raise Invalid(f"{error}: a phase {message}.", [FieldError("phase", message)]) from error
