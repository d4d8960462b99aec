"""Datasets of datasets: subsets, training and test parts, unions, files that several have."""

from __future__ import annotations

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.data.dataset import SpectrumFilter
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM
from dashboard.web.app.endpoints import Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.data import DatasetAnswerSchema
from dashboard.web.schemas.derived.datasets import (
    DatasetRenameSchema,
    DuplicatesSchema,
    SplitCreateSchema,
    SplitSchema,
    SubsetCreateSchema,
    UnionCreateSchema,
    UnionSchema,
)

endpoints = Endpoints("Data", "dataset")


@endpoints.put(
    "/data/{dataset}",
    "Rename a dataset",
    action=Action.CHANGE,
    body=DatasetRenameSchema,
    answer=DatasetAnswerSchema,
    permission=rows.CHANGE,
)
async def rename_dataset(request: web.Request) -> web.Response:
    """Give a dataset another name."""
    found = await request.app[PLATFORM].data.rename(
        request.match_info["dataset"], request[BODY]["name"], request[IDENTITY]
    )
    return json_answer({"dataset": found.to_json()})


@endpoints.post(
    "/data/{dataset}/subsets",
    "Make a dataset of some spectra of another one",
    body=SubsetCreateSchema,
    answer=DatasetAnswerSchema,
    status=201,
    permission=rows.USE,
)
async def create_subset(request: web.Request) -> Answer:
    """Make a dataset of the spectra that fit."""
    body = request[BODY]
    wanted = SpectrumFilter(body["q"] or "", {"": None, "-": ""}.get(body["label"] or "", body["label"]))
    made = await request.app[PLATFORM].data.derived.subset(
        request.match_info["dataset"], wanted, body["numbers"] or (), body["name"] or "", request[IDENTITY]
    )
    return Answer("done.html", {"dataset": made}, 201, {"Location": f"/data/{made.id}"})


@endpoints.post(
    "/data/{dataset}/splits",
    "Divide a dataset into a training and a test part, by object",
    body=SplitCreateSchema,
    answer=SplitSchema,
    status=201,
    permission=rows.USE,
)
async def split_dataset(request: web.Request) -> Answer:
    """Make both parts."""
    body = request[BODY]
    made = await request.app[PLATFORM].data.derived.split(
        request.match_info["dataset"], body["share"], body["seed"], body["name"] or "", request[IDENTITY]
    )
    told = {
        "training": made.training,
        "test": made.test,
        "objects": made.objects,
        "test_objects": made.test_objects,
    }
    return Answer("done.html", told, 201, {"Location": f"/data/{made.training.id}"})


@endpoints.get(
    "/data/{dataset}/duplicates",
    "Find the datasets that have files of a dataset",
    answer=DuplicatesSchema,
    permission=rows.READ,
)
async def duplicates(request: web.Request) -> web.Response:
    """Find files that several datasets have."""
    found = await request.app[PLATFORM].data.derived.duplicates(
        request.match_info["dataset"], request[IDENTITY]
    )
    return json_answer({"duplicates": found})


@endpoints.post(
    "/unions",
    "Make a dataset of all spectra of others",
    body=UnionCreateSchema,
    answer=UnionSchema,
    status=201,
    permission=rows.CREATE,
)
async def unite_datasets(request: web.Request) -> Answer:
    """Make a dataset of several; each must be one that the caller may read."""
    body = request[BODY]
    made, left_out = await request.app[PLATFORM].data.derived.unite(
        body["datasets"], body["name"], request[IDENTITY]
    )
    data = {"dataset": made, "left_out": left_out}
    return Answer("done.html", data, 201, {"Location": f"/data/{made.id}"})
