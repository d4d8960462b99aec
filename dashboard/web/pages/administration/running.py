"""What runs and waits: jobs and deployments of everybody, for managers; administrators end them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from aiohttp import web

from dashboard.auth.identity import SYSTEM
from dashboard.base import clock
from dashboard.jobs.job import FINAL, LIVE, Job, JobFilter
from dashboard.platform import Platform
from dashboard.web.app.app_keys import PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.schema import PageQuery

endpoints = Endpoints("Administration", "use")
SHOWN = (
    "id",
    "owner",
    "project",
    "label",
    "module",
    "phase",
    "reason",
    "node",
    "created",
    "started",
    "ended",
)
LATELY_S, LATELY = 86_400, 50  # for so long, and so many jobs that have ended are shown


@endpoints.get(
    "/administration/running",
    "List jobs that run, wait or ended within a day, and deployments that serve, of everybody; for managers",
    permission=rows.MANAGE,
    query=PageQuery,
    answer=OBJECT,
)
async def running(request: web.Request) -> Answer:
    """Show what runs."""
    platform, query = request.app[PLATFORM], request[QUERY]
    # The policy of the endpoint lets managers see that these exist; each object keeps its own.
    wanted = JobFilter(phases=tuple(sorted(LIVE)))
    found = await platform.jobs.list(wanted, "-created", query["page"], query["size"], identity=SYSTEM)
    ended = await platform.jobs.list(
        JobFilter(phases=tuple(sorted(FINAL))), "-ended", 1, LATELY, identity=SYSTEM
    )
    lately = [job for job in ended.items if job.ended and clock.seconds_since(job.ended) < LATELY_S]
    deployments = [
        {
            "name": one["name"],
            "owner": one["owner"],
            "module": one["module"],
            "state": one["state"],
            "replicas": len(one["replicas"]),
            "nodes": one["nodes"],
        }
        for one in platform.deployments.list(SYSTEM)
        if one["enabled"]
    ]
    data = {
        "jobs": await _told(platform, found.items),
        "ended": await _told(platform, lately),
        "total": found.total,
        "page": found.page,
        "pages": pages_in(found.total, found.size),
        "deployments": deployments,
    }
    return Answer("running.html", data)


async def _told(platform: Platform, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return what managers are told of jobs: no parameters, no spectra, no results."""
    ran_on = await platform.jobs.last_nodes([job.id for job in jobs])
    rows = []
    for job in jobs:
        told = job.to_json()
        shown = {name: told[name] for name in SHOWN} | {"resources": told["resources"]}
        rows.append({**shown, "ran_on": ran_on.get(job.id)})
    return rows
