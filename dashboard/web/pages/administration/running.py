"""What runs and waits: jobs and deployments of everybody, for managers; administrators end them.

Managers are told what a job takes and from whom, which is what they answer for: its state, module, owner,
node, resources, and how its attempts ended. They are told nothing of what is in it: no parameters, spectra,
metrics, results or log, whose lines a reason may quote (`docs/permissions.md`).
"""

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
from dashboard.web.app.humanise import seconds_of
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.administration.running import RunningQuery

endpoints = Endpoints("Administration", "use")
#: What is listed to its phases.
PHASES = {"live": tuple(sorted(LIVE)), "ended": tuple(sorted(FINAL)), "all": ()}
SHOWN = (
    "id",
    "owner",
    "project",
    "label",
    "action",
    "module",
    "module_version",
    "phase",
    "node",
    "created",
    "started",
    "ended",
)
ATTEMPT = ("number", "node", "launcher", "state", "launched", "ended", "exit_code", "failure", "cause")
LATELY_S, LATELY = 86_400, 50  # for so long, and so many jobs that have ended are shown


@endpoints.get(
    "/administration/running",
    "List jobs that run, wait or ended within a day, and deployments that serve, of everybody; for managers",
    permission=rows.MANAGE,
    query=RunningQuery,
    answer=OBJECT,
)
async def running(request: web.Request) -> Answer:
    """Show what runs."""
    platform, query = request.app[PLATFORM], request[QUERY]
    # The policy of the endpoint lets managers see that these exist; each object keeps its own.
    wanted = JobFilter(phases=PHASES[query["state"]], owner=query["owner"], module=query["module"])
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
        "filter": {name: query[name] for name in ("state", "owner", "module")},
    }
    return Answer("running.html", data)


@endpoints.get(
    "/administration/running/{running_job}",
    "Get the state, module, owner and resources of a job of anybody; for managers",
    permission=rows.MANAGE,
    answer=OBJECT,
)
async def running_job(request: web.Request) -> Answer:
    """Show what a job takes, to managers who may not see what is in it."""
    platform = request.app[PLATFORM]
    found = await platform.jobs.get(request.match_info["running_job"], SYSTEM)
    [told] = await _told(platform, [found])
    attempts = [one.to_json() for one in await platform.jobs.attempts(found.id)]
    data = {
        "job": {**told, "seconds": seconds_of(found.started, found.ended)},
        "attempts": [{name: one[name] for name in ATTEMPT} for one in attempts],
        "queue_position": (await platform.jobs.queue_positions()).get(found.id),
    }
    return Answer("running_job.html", data)


async def _told(platform: Platform, jobs: Sequence[Job]) -> list[dict[str, Any]]:
    """Return what managers are told of jobs: no parameters, no spectra, no results."""
    ran_on = await platform.jobs.last_nodes([job.id for job in jobs])
    rows = []
    for job in jobs:
        told = job.to_json()
        shown = {name: told[name] for name in SHOWN} | {"resources": told["resources"]}
        rows.append({**shown, "reason": _reason(job), "ran_on": ran_on.get(job.id)})
    return rows


def _reason(job: Job) -> str:
    """Return why a job waits, in the platform's words; those of an attempt that failed quote its log."""
    failed_before = job.not_before is not None
    return "" if job.final or failed_before else job.reason
