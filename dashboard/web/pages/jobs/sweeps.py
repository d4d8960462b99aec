"""Several trainings at once that differ in some parameters."""

from __future__ import annotations

from aiohttp import web

from dashboard.jobs.submit.sweep import combinations, requests_of
from dashboard.platform.sweep import start_sweep
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.pages.train import job_request_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.jobs import SweepAnswerSchema, SweepCreateSchema

endpoints = Endpoints("Jobs", "job")
OWN = ("values", "sample", "seed")


@endpoints.post(
    "/sweeps",
    "Create a training job for each combination of some values of parameters",
    body=SweepCreateSchema,
    answer=SweepAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_sweep(request: web.Request) -> web.Response:
    """Create the jobs, and say where they are compared."""
    body = dict(request[BODY])
    values, sample, seed = (body.pop(name, None) for name in OWN)
    requests = requests_of(job_request_of(body), combinations(values, sample, seed or 0))
    made = await start_sweep(request.app[PLATFORM], requests, request[IDENTITY])
    answer = {
        "jobs": [job.to_json() for job in made.jobs],
        "left": made.left,
        "reason": made.reason,
        "compare": f"/compare?jobs={','.join(job.id for job in made.jobs)}",
    }
    return json_answer(answer, status=201)
