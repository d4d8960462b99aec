"""Models: the list and the card."""

from __future__ import annotations

from dataclasses import replace

from aiohttp import web

from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.reports.cards.markdown import bibtex_of
from dashboard.reports.reading_order import ordered_metrics
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import pages_in
from dashboard.web.pages.archive import ZIP, send_archive
from dashboard.web.pages.jobs.jobs import created, deployment_name
from dashboard.web.pages.model_cards import card_of
from dashboard.web.pages.train import CHOICES, job_request_of
from dashboard.web.permissions import rows
from dashboard.web.schemas.jobs import JobAnswerSchema, PredictionJobCreateSchema
from dashboard.web.schemas.models import ModelListSchema, ModelQuery
from dashboard.web.snippets.origin import origin_of

endpoints = Endpoints("Models", "model")
LATELY = 5  # predictions of datasets that a model's page names


@endpoints.get(
    "/models",
    "List models, newest first",
    visitors=True,
    query=ModelQuery,
    answer=ModelListSchema,
    permission=rows.PUBLIC_LIST,
)
async def models(request: web.Request) -> Answer:
    """Show the models."""
    query = request[QUERY]
    found = await request.app[PLATFORM].models.list(**query, identity=request[IDENTITY])
    modules = request.app[PLATFORM].modules
    items = [
        replace(one, metrics=ordered_metrics(one.metrics, modules.headline(one.module)))
        for one in found.items
    ]
    data = {"models": items, "total": found.total, **query}
    return Answer("models.html", {**data, "pages": pages_in(found.total, query["size"])})


@endpoints.get(
    "/models/{model}", "Get a model with its card", visitors=True, answer=OBJECT, permission=rows.PUBLIC_READ
)
async def model(request: web.Request) -> Answer:
    """Show a model."""
    platform = request.app[PLATFORM]
    found = await platform.models.get(request.match_info["model"], request[IDENTITY])
    card = card_of(request, found)
    data = {
        "model": replace(
            found, metrics=ordered_metrics(found.metrics, platform.modules.headline(found.module))
        ),
        "asked_datasets": (
            await platform.data.store.search(state="ready", size=CHOICES, identity=request[IDENTITY])
        ).items,
        "predictions": await platform.jobs.predictions(found.id, LATELY, request[IDENTITY]),
        "described": card.to_json(),
        "bibtex": bibtex_of(card, f"{origin_of(request)}/models/{found.id}"),
        "deployments": [
            one for one in platform.deployments.list(request[IDENTITY]) if one["model"] == found.id
        ],
        "starts": bool((platform.modules.descriptions.known(found.module).description or {}).get("start")),
        "nodes": platform.nodes.usable(request[IDENTITY]),
        "deployment_name": deployment_name(found.module, found.name if found.name != found.module else ""),
    }
    return Answer("model.html", data)


@endpoints.get(
    "/models/{model}/files",
    "Download a model with its recipe as a ZIP archive",
    visitors=True,
    audit=True,
    answer=BYTES,
    answer_type=ZIP,
    permission=rows.PUBLIC_READ,
)
async def model_archive(request: web.Request) -> web.StreamResponse:
    """Stream the files of a model."""
    models = request.app[PLATFORM].models
    found = await models.get(request.match_info["model"], request[IDENTITY])
    folder = ConfinedFolder(models.folder(found.id))
    return await send_archive(request, f"{found.name}-{found.id}", folder, folder.files())


@endpoints.post(
    "/models/{model}/predictions",
    "Create a job that predicts on a dataset",
    body=PredictionJobCreateSchema,
    answer=JobAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def predict_dataset(request: web.Request) -> Answer:
    """Create a job that predicts."""
    job_request = job_request_of({**request[BODY], "model": request.match_info["model"]})
    return created(await request.app[PLATFORM].submit(job_request, request[IDENTITY]))


@endpoints.delete(
    "/models/{model}", "Delete a model that is not deployed", status=204, permission=rows.CHANGE
)
async def delete_model(request: web.Request) -> web.Response:
    """Delete a model."""
    await request.app[PLATFORM].models.delete(request.match_info["model"], request[IDENTITY])
    return web.Response(status=204)
