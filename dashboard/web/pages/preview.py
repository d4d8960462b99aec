"""A recipe tried on a few spectra, before a job is made of it."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.data.curve import Window
from dashboard.data.service import DataService
from dashboard.web.app.app_keys import PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints, reference
from dashboard.web.app.query_numbers import json_answer
from dashboard.web.app.requests import json_body

endpoints = Endpoints("Data", "dataset")

POINTS = 1000


@endpoints.post(
    "/preview",
    "What a recipe makes of a few spectra",
    action=Action.READ,
    body=reference("PreviewWish"),
    answer=OBJECT,
)
async def preview(request: web.Request) -> web.Response:
    """Try a recipe."""
    body = await json_body(request)
    dataset = body.get("dataset")
    if not isinstance(dataset, str) or not dataset:
        raise _wrong("dataset", "must be the id of a dataset")
    rows = body.get("rows")
    if rows is not None and not (isinstance(rows, list) and all(map(_is_number, rows))):
        raise _wrong("rows", "must be a list of numbers of spectra")
    points = body.get("points", POINTS)
    if not _is_number(points):
        raise _wrong("points", "must be a whole number")
    recipe = body.get("recipe")
    if recipe is None:
        recipe = {"schema": 1, "steps": []}
    service: DataService = request.app[PLATFORM].data
    found = await service.previews.make(dataset, recipe, rows, Window(points))
    for spectrum in found["spectra"]:
        spectrum["url"] = f"/data/{dataset}/spectra/{spectrum['number']}"
    return json_answer(request, found)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(f"{field} {message}.", [FieldError(field, message)])
