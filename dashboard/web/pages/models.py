"""Models: the list and the card."""

from __future__ import annotations

from aiohttp import web

from dashboard.base.errors import FieldError, Invalid
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints, Query, listing, reference
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import json_body, page_of, pages_in
from dashboard.web.pages.jobs import JOB, created, deployment_name
from dashboard.web.pages.train import CHOICES, job_request_of

endpoints = Endpoints("Models", "model")
LATELY = 5  # predictions of datasets that a model's page names
PREDICTION_KEYS = frozenset({"dataset", "parameters", "node", "resources", "label", "note", "retry"})


@endpoints.get(
    "/models",
    "Models, newest first",
    queries=[
        Query("module", "Only of this module"),
        Query("q", "Words to look for"),
        Query("page", "From 1", "integer"),
        Query("size", "At most 200", "integer"),
    ],
    answer=listing("models", "Model"),
)
async def models(request: web.Request) -> Answer:
    """Show the models."""
    page, size = page_of(request)
    module, q = request.query.get("module", ""), request.query.get("q", "")
    found = await request.app[PLATFORM].models.list(module, q, page, size)
    data = {"models": found.items, "total": found.total, "page": page, "size": size, "module": module, "q": q}
    return Answer("models.html", {**data, "pages": pages_in(found.total, size)})


@endpoints.get("/models/{model}", "A model's card", answer=OBJECT)
async def model(request: web.Request) -> Answer:
    """Show a model."""
    platform = request.app[PLATFORM]
    found = await platform.models.get(request.match_info["model"])
    data = {
        "model": found,
        "asked_datasets": (await platform.data.store.search(state="ready", size=CHOICES)).items,
        "predictions": await platform.jobs.predictions(found.id, LATELY),
        "deployments": [one for one in platform.deployments.list() if one["model"] == found.id],
        "nodes": platform.nodes.list(),
        "deployment_name": deployment_name(found.module, found.name if found.name != found.module else ""),
    }
    return Answer("model.html", data)


@endpoints.post(
    "/models/{model}/predictions",
    "Ask it about a whole dataset: create a job",
    body=reference("PredictionWish"),
    answer=JOB,
    status=201,
)
async def predict_dataset(request: web.Request) -> Answer:
    """Create a job that predicts."""
    body = await json_body(request)
    if unknown := body.keys() - PREDICTION_KEYS:
        errors = [FieldError(key, "is not known here") for key in sorted(unknown)]
        raise Invalid("This cannot be understood.", errors)
    job_request = job_request_of({**body, "model": request.match_info["model"]})
    return created(await request.app[PLATFORM].submit(job_request, request[IDENTITY]))


@endpoints.delete("/models/{model}", "Delete a model that is not deployed", status=204)
async def delete_model(request: web.Request) -> web.Response:
    """Delete a model."""
    await request.app[PLATFORM].models.delete(request.match_info["model"], request[IDENTITY])
    return web.Response(status=204)
