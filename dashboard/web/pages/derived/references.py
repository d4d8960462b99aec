"""Reference datasets: what of them is cached, copies of them, and dropping what is cached."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.derived.references import CacheAnswerSchema

endpoints = Endpoints("Data", "dataset")


@endpoints.get(
    "/data/{dataset}/cache",
    "Get what of a reference dataset is cached",
    answer=CacheAnswerSchema,
    permission=rows.READ,
)
async def cache_status(request: web.Request) -> web.Response:
    """Say what is here."""
    service = request.app[PLATFORM].references
    found = await service.status(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"cache": found.to_json()})


@endpoints.delete(
    "/data/{dataset}/cache",
    "Drop what of a reference dataset is cached, and what its contents were",
    answer=CacheAnswerSchema,
    permission=rows.CHANGE,
)
async def forget_cache(request: web.Request) -> web.Response:
    """Drop what is cached."""
    service = request.app[PLATFORM].references
    found = await service.forget(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"cache": found.to_json()})


@endpoints.post(
    "/data/{dataset}/pin",
    "Copy a reference dataset; its files count for its owner",
    action=Action.CHANGE,
    answer=CacheAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def pin_dataset(request: web.Request) -> web.Response:
    """Begin to copy."""
    found = await request.app[PLATFORM].references.pin(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"cache": found.to_json()}, status=202)


@endpoints.delete(
    "/data/{dataset}/pin",
    "Give the copies of a reference dataset to the cache",
    answer=CacheAnswerSchema,
    permission=rows.CHANGE,
)
async def unpin_dataset(request: web.Request) -> web.Response:
    """Let the cache drop the files again."""
    found = await request.app[PLATFORM].references.unpin(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"cache": found.to_json()})
