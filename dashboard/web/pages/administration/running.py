"""What runs and waits: jobs and deployments of everybody, for managers; administrators end them."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.identity import SYSTEM
from dashboard.jobs.job import LIVE, JobFilter
from dashboard.web.app.app_keys import PLATFORM, QUERY
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.permissions import rows
from dashboard.web.schemas.schema import PageQuery

endpoints = Endpoints("Administration", "use")
SHOWN = ("id", "owner", "project", "label", "module", "phase", "reason", "node", "created", "started")


@endpoints.get(
    "/administration/running",
    "List running and waiting jobs, and deployments that serve, of everybody; for managers",
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
    ran_on = await platform.jobs.last_nodes([job.id for job in found.items])
    jobs = []
    for job in found.items:
        told = job.to_json()
        shown = {name: told[name] for name in SHOWN} | {"resources": told["resources"]}
        jobs.append({**shown, "ran_on": ran_on.get(job.id)})
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
        "jobs": jobs,
        "total": found.total,
        "page": found.page,
        "pages": pages_in(found.total, found.size),
        "deployments": deployments,
    }
    return Answer("running.html", data)
