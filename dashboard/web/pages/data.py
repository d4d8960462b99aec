"""Data: datasets, their files, their spectra and plots of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientPayloadError, web

from dashboard.auth.policy import Action
from dashboard.base.errors import Invalid
from dashboard.data.dataset import (
    DataFile,
    Dataset,
    DatasetState,
    FileState,
    Kind,
    SpectrumFilter,
    SpectrumRow,
)
from dashboard.data.ingest.label_service import text_of
from dashboard.data.ingest.label_table import LONGEST, read_labels, with_class_column
from dashboard.data.ingest.upload_stream import BLOCK, TooLarge
from dashboard.data.service import DataService
from dashboard.web.app.app_keys import BODY, IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, TEXT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.app.requests import json_body, require_identity_encoding
from dashboard.web.permissions import rows
from dashboard.web.schemas.data import (
    DatasetAnswerSchema,
    DatasetCreateSchema,
    DatasetListSchema,
    DatasetQuery,
    FileAnswerSchema,
    FileListSchema,
    FileQuery,
    LabelCountQuery,
    LabelQuery,
    LabelTableSchema,
    SpectrumListQuery,
)
from dashboard.web.schemas.schema import load

endpoints = Endpoints("Data", "dataset")

REJECTED_SHOWN = 100
DATASETS_OFFERED = 200  # for a union
MODELS_OFFERED = 200  # models that are offered for a prediction of the dataset, newest first


@endpoints.get(
    "/data",
    "List datasets, newest first",
    visitors=True,
    query=DatasetQuery,
    answer=DatasetListSchema,
    permission=rows.PUBLIC_LIST,
)
async def datasets(request: web.Request) -> Answer:
    """Show the datasets."""
    service = request.app[PLATFORM].data
    found = await service.store.search(**request[QUERY], identity=request[IDENTITY])
    shown = [dataset.with_progress(service.progress(dataset.id)) for dataset in found.items]
    return Answer("data.html", {"datasets": shown, "total": found.total, **request[QUERY]})


@endpoints.post(
    "/data",
    "Create an empty dataset",
    body=DatasetCreateSchema,
    answer=DatasetAnswerSchema,
    status=201,
    permission=rows.CREATE,
)
async def create_dataset(request: web.Request) -> Answer:
    """Create a dataset."""
    body = request[BODY]
    dataset = await request.app[PLATFORM].data.create(
        body["name"], request[IDENTITY], body["kind"], project=body.get("project") or None
    )
    return Answer("done.html", {"dataset": dataset}, 201, {"Location": f"/data/{dataset.id}"})


@endpoints.get(
    "/data/{dataset}",
    "Get a dataset with its spectra and rejected files",
    visitors=True,
    query=SpectrumListQuery,
    answer=OBJECT,
    permission=rows.PUBLIC_READ,
)
async def dataset(request: web.Request) -> Answer:
    """Show a dataset."""
    service, found = await asked_dataset(request)
    query = request[QUERY]
    label = {"": None, "-": ""}.get(query["label"], query["label"])
    wanted = SpectrumFilter(query["q"], label)
    rows = await service.rows.search(found.id, wanted, query["sort"], query["page"], query["size"])
    coverage = await service.coverage(found.id)
    offered = await request.app[PLATFORM].models.list(size=MODELS_OFFERED, identity=request[IDENTITY])
    others = await service.store.search(
        kind=Kind.SPECTRA, state=DatasetState.READY, size=DATASETS_OFFERED, identity=request[IDENTITY]
    )
    data = {
        "dataset": {**found.to_json(), "progress": found.progress, **coverage.to_json()},
        "spectra": [shown_row(found, row) for row in rows.items],
        "total": rows.total,
        **query,
        "rejected": await service.store.files.find(found.id, size=REJECTED_SHOWN, state=FileState.REJECTED),
        "notes": await service.store.files.noted(found.id, REJECTED_SHOWN),
        "cache": await request.app[PLATFORM].references.shown(found),
        "asked_models": offered.items,
        "nodes": request.app[PLATFORM].nodes.usable(request[IDENTITY]),
        "others": [{"id": one.id, "name": one.name} for one in others.items if one.id != found.id],
    }
    return Answer("dataset.html", data, plots=True)


@endpoints.delete("/data/{dataset}", "Delete a dataset with its files", status=204, permission=rows.CHANGE)
async def delete_dataset(request: web.Request) -> web.Response:
    """Delete a dataset."""
    await request.app[PLATFORM].data.delete(request.match_info["dataset"], request[IDENTITY])
    return web.Response(status=204)


@endpoints.get(
    "/data/{dataset}/files",
    "List the files of a dataset by path, to resume an upload",
    query=FileQuery,
    answer=FileListSchema,
    permission=rows.READ,
)
async def dataset_files(request: web.Request) -> web.Response:
    """List the files of a dataset."""
    service, found = await asked_dataset(request)
    query = request[QUERY]
    state, size = query["state"], query["size"]
    in_state = None if state is None else FileState(state)
    files = await service.store.files.find(found.id, query["after"], size, in_state)
    following = files[-1].path if len(files) == size else None
    return json_answer({"files": [file.to_json() for file in files], "next": following})


@endpoints.put(
    "/data/{dataset}/files/{path:.+}",
    "Upload a file, or replace that of the same path",
    audit=False,
    action=Action.CHANGE,
    body=BYTES,
    body_type="application/octet-stream",
    answer=FileAnswerSchema,
    status=201,
    permission=rows.CHANGE,
)
async def upload_file(request: web.Request) -> web.Response:
    """Upload a file."""
    service: DataService = request.app[PLATFORM].data
    dataset, path = request.match_info["dataset"], request.match_info["path"]
    file: DataFile = await service.upload(
        dataset, path, _body(request), request.content_length, identity=request[IDENTITY]
    )
    return json_answer({"file": file.to_json()}, status=201)


@endpoints.post(
    "/data/{dataset}/done",
    "End an upload and index its files",
    action=Action.CHANGE,
    answer=DatasetAnswerSchema,
    status=202,
    permission=rows.CHANGE,
)
async def upload_done(request: web.Request) -> web.Response:
    """End the upload and start indexing."""
    found = await request.app[PLATFORM].data.done(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"dataset": found.to_json()}, status=202)


@endpoints.post(
    "/data/{dataset}/labels",
    "Set classes and groups by a CSV table",
    action=Action.CHANGE,
    query=LabelQuery,
    body=TEXT,
    body_type="text/csv",
    answer=OBJECT,
    permission=rows.CHANGE,
)
async def label_dataset(request: web.Request) -> web.Response:
    """Set labels."""
    service: DataService = request.app[PLATFORM].data
    table = await _class_table(request)
    # A keyword's table is of the files that have it: some of them may hold no spectrum that can be read.
    partial = bool(request[QUERY]["keyword"]) or request[QUERY]["is_partial"] == "true"
    done = await service.label(
        request.match_info["dataset"], table, partial=partial, identity=request[IDENTITY]
    )
    found = await service.get(request.match_info["dataset"], request[IDENTITY])
    return json_answer({"dataset": found.to_json(), **done.to_json()})


@endpoints.post(
    "/data/{dataset}/labels/counts",
    "Count the classes of a CSV table without setting them",
    action=Action.READ,
    query=LabelCountQuery,
    body=TEXT,
    body_type="text/csv",
    answer=OBJECT,
    permission=rows.READ,
)
async def count_labels(request: web.Request) -> web.Response:
    """Say what a table would set: its columns, all titles, and how many lines have each class."""
    labels = await asyncio.to_thread(read_labels, text_of(await _class_table(request)))
    columns = {**labels.columns.to_json(), "titles": labels.titles}
    return json_answer({"columns": columns, "classes": await asyncio.to_thread(labels.counts)})


async def _class_table(request: web.Request) -> bytes:
    """Return the table of the body, with the class in the column that the query names, or of a keyword."""
    if keyword := request[QUERY]["keyword"]:
        service, found = await asked_dataset(request)
        return await service.header_labels.table(found.id, keyword)
    table = await _table(request)
    column = request[QUERY]["column"]
    if not column:
        return table
    return (await asyncio.to_thread(with_class_column, text_of(table), column)).encode()


def shown_row(dataset: Dataset, row: SpectrumRow) -> dict[str, Any]:
    """Return a row of the list, with its address."""
    return {**row.to_json(), "url": f"/data/{dataset.id}/spectra/{row.number}"}


async def asked_dataset(request: web.Request) -> tuple[DataService, Dataset]:
    """Return the service, and the dataset that the address names."""
    service: DataService = request.app[PLATFORM].data
    return service, await service.get(request.match_info["dataset"], request[IDENTITY])


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    """Yield the chunks of the body as they arrive.

    Raises
    ------
    Encoded
        If it is packed.
    Invalid
        If the sender stopped in the middle.
    """
    require_identity_encoding(request)
    try:
        async for chunk in request.content.iter_chunked(BLOCK):
            yield chunk
    except (ClientPayloadError, ConnectionError) as error:
        raise Invalid("The upload was cut short; nothing of this file was kept. Send it again.") from error


async def _table(request: web.Request) -> bytes:
    if request.content_type == "application/json":
        text: str = load(LabelTableSchema(), await json_body(request))["csv"]
        return text.encode("utf-8", "surrogatepass")
    table = bytearray()
    async for chunk in _body(request):
        table += chunk
        if len(table) > LONGEST:
            raise TooLarge(f"A table of labels may have at most {LONGEST // 2**20} MiB.")
    return bytes(table)
