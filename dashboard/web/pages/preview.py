"""Previews of recipes on a few spectra."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.data.curve import Window
from dashboard.data.service import DataService
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.curves import PreviewCreateSchema

endpoints = Endpoints("Data", "dataset")


@endpoints.post(
    "/preview",
    "Preprocess a few spectra by a recipe",
    action=Action.READ,
    body=PreviewCreateSchema,
    answer=OBJECT,
    permission=rows.SIGNED_IN,
)
async def preview(request: web.Request) -> web.Response:
    """Preview a recipe."""
    body = request[BODY]
    dataset, recipe = body["dataset"], body.get("recipe")
    if recipe is None:
        recipe = {"schema": 1, "steps": []}
    service: DataService = request.app[PLATFORM].data
    await request.app[PLATFORM].access.require(request[IDENTITY], Action.READ, "dataset", dataset)
    found = await service.previews.make(dataset, recipe, body.get("rows"), Window(body["points"]))
    for spectrum in found["spectra"]:
        spectrum["url"] = f"/data/{dataset}/spectra/{spectrum['number']}"
    return json_answer(found)
