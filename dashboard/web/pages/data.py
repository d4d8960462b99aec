"""Data: datasets, their files, their spectra and plots of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from aiohttp import ClientPayloadError, web

from dashboard.auth.policy import Action
from dashboard.base.errors import FieldError, Invalid
from dashboard.data.dataset import DataFile, Dataset, FileState, Kind, SpectrumFilter, SpectrumRow
from dashboard.data.ingest.label_table import LONGEST
from dashboard.data.ingest.upload_stream import BLOCK, TooLarge
from dashboard.data.service import DataService
from dashboard.data.store.datasets import known_state
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import OBJECT, Endpoints, Query, listing, reference
from dashboard.web.app.query_numbers import json_answer
from dashboard.web.app.rendering import Answer
from dashboard.web.app.requests import json_body, page_of, require_identity_encoding, whole

endpoints = Endpoints("Data", "dataset")

REFUSED_SHOWN = 100
MODELS_OFFERED = 200  # to be asked about a dataset, newest first
FILES_AT_ONCE = 1000
BYTES = {"type": "string", "format": "binary"}
DATASET = {"type": "object", "required": ["dataset"], "properties": {"dataset": reference("Dataset")}}
PAGE = (Query("page", "From 1", "integer"), Query("size", "At most 200", "integer"))


@endpoints.get(
    "/data",
    "Datasets, newest first",
    queries=[
        Query("q", "Words in the name, or an id"),
        Query("kind", "Only of this kind", choices=tuple(Kind)),
        Query("state", "Only in this state", choices=("uploading", "indexing", "ready", "error")),
        Query("sort", "created, name, count or bytes; with - for descending"),
        *PAGE,
    ],
    answer=listing("datasets", "Dataset"),
)
async def datasets(request: web.Request) -> Answer:
    """Show the datasets."""
    service = request.app[PLATFORM].data
    page, size = page_of(request)
    asked = {name: request.query.get(name, "") for name in ("q", "kind", "state")}
    if asked["kind"] and asked["kind"] not in set(Kind):
        raise Invalid(
            f"There is no kind {asked['kind']!r}.", [FieldError("kind", f"one of {', '.join(Kind)}")]
        )
    known_state(asked["state"])
    sort = request.query.get("sort") or "-created"
    found = await service.store.search(**asked, sort=sort, page=page, size=size)
    shown = [dataset.with_progress(service.progress(dataset.id)) for dataset in found.items]
    return Answer(
        "data.html",
        {"datasets": shown, "total": found.total, "page": page, "size": size, "sort": sort, **asked},
    )


@endpoints.post("/data", "Make an empty dataset", body=reference("DatasetWish"), answer=DATASET, status=201)
async def create_dataset(request: web.Request) -> Answer:
    """Make a dataset."""
    body = await json_body(request)
    name, kind = body.get("name", ""), body.get("kind") or Kind.SPECTRA
    for field, value in (("name", name), ("kind", kind)):
        if not isinstance(value, str):
            raise Invalid(f"{field} must be a text.", [FieldError(field, "must be a text")])
    dataset = await request.app[PLATFORM].data.create(name, request[IDENTITY], kind)
    return Answer("done.html", {"dataset": dataset}, 201, {"Location": f"/data/{dataset.id}"})


@endpoints.get(
    "/data/{dataset}",
    "One dataset with its spectra and refused files",
    queries=[
        Query("q", "Words in name or path"),
        Query("label", "Only of this class; - for those without one"),
        Query("sort", "number, name, label, group, path, snr …; with - for descending"),
        *PAGE,
    ],
    answer=OBJECT,
)
async def dataset(request: web.Request) -> Answer:
    """Show a dataset."""
    service, found = await asked_dataset(request)
    page, size = page_of(request)
    asked = {name: request.query.get(name, "") for name in ("q", "label")}
    label = {"": None, "-": ""}.get(asked["label"], asked["label"])
    sort = request.query.get("sort") or "number"
    rows = await service.rows.search(found.id, SpectrumFilter(asked["q"], label), sort, page, size)
    coverage = await service.coverage(found.id)
    data = {
        "dataset": {**found.to_json(), "progress": found.progress, **coverage.to_json()},
        "spectra": [shown_row(found, row) for row in rows.items],
        "total": rows.total,
        "page": page,
        "size": size,
        "sort": sort,
        **asked,
        "refused": await service.store.files(found.id, size=REFUSED_SHOWN, state=FileState.REFUSED),
        "notes": await service.store.noted_files(found.id, REFUSED_SHOWN),
        "asked_models": (await request.app[PLATFORM].models.list(size=MODELS_OFFERED)).items,
        "nodes": request.app[PLATFORM].nodes.list(),
    }
    return Answer("dataset.html", data, plots=True)


@endpoints.delete("/data/{dataset}", "Delete a dataset with its files", status=204)
async def delete_dataset(request: web.Request) -> web.Response:
    """Delete a dataset."""
    await request.app[PLATFORM].data.delete(request.match_info["dataset"])
    return web.Response(status=204)


@endpoints.get(
    "/data/{dataset}/files",
    "Files of a dataset, by path: what is there already",
    queries=[
        Query("after", "Only those behind this path"),
        Query("state", "Only in this state", choices=tuple(FileState)),
        Query("size", f"At most {FILES_AT_ONCE}", "integer"),
    ],
    answer=listing("files", "DataFile"),
)
async def dataset_files(request: web.Request) -> web.Response:
    """List the files of a dataset."""
    service, found = await asked_dataset(request)
    state = request.query.get("state") or None
    if state is not None and state not in set(FileState):
        raise Invalid(f"There is no state {state!r}; there are {', '.join(FileState)}.")
    size = whole(request, "size", FILES_AT_ONCE, 1, FILES_AT_ONCE)
    after = request.query.get("after", "")
    files = await service.store.files(found.id, after, size, None if state is None else FileState(state))
    following = files[-1].path if len(files) == size else None
    return json_answer(request, {"files": [file.to_json() for file in files], "next": following})


@endpoints.put(
    "/data/{dataset}/files/{path:.+}",
    "Upload one file; the same path again replaces it",
    action=Action.CHANGE,
    body=BYTES,
    body_type="application/octet-stream",
    answer={"type": "object", "properties": {"file": reference("DataFile")}},
    status=201,
)
async def upload_file(request: web.Request) -> web.Response:
    """Stream a file in."""
    service: DataService = request.app[PLATFORM].data
    dataset, path = request.match_info["dataset"], request.match_info["path"]
    file: DataFile = await service.upload(dataset, path, _body(request), request.content_length)
    return json_answer(request, {"file": file.to_json()}, status=201)


@endpoints.post(
    "/data/{dataset}/done",
    "End an upload: read its files",
    action=Action.CHANGE,
    answer=DATASET,
    status=202,
)
async def upload_done(request: web.Request) -> web.Response:
    """Start the reading."""
    found = await request.app[PLATFORM].data.done(request.match_info["dataset"])
    return json_answer(request, {"dataset": found.to_json()}, status=202)


@endpoints.post(
    "/data/{dataset}/labels",
    "Give classes by a CSV",
    action=Action.CHANGE,
    queries=[Query("partial", "true: use the lines that fit even if others name nothing", choices=("true",))],
    body={"type": "string"},
    body_type="text/csv",
    answer=OBJECT,
)
async def label_dataset(request: web.Request) -> web.Response:
    """Give classes."""
    service: DataService = request.app[PLATFORM].data
    table = await _table(request)
    partial = request.query.get("partial") == "true"
    done = await service.label(request.match_info["dataset"], table, partial=partial)
    found = await service.get(request.match_info["dataset"])
    return json_answer(request, {"dataset": found.to_json(), **done.to_json()})


def shown_row(dataset: Dataset, row: SpectrumRow) -> dict[str, Any]:
    """Return a row of the list, with its address."""
    return {**row.to_json(), "url": f"/data/{dataset.id}/spectra/{row.number}"}


async def asked_dataset(request: web.Request) -> tuple[DataService, Dataset]:
    """Return the service, and the dataset that the address names."""
    service: DataService = request.app[PLATFORM].data
    return service, await service.get(request.match_info["dataset"])


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    """Go through the body as it comes.

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
        text = (await json_body(request)).get("csv")
        if not isinstance(text, str):
            raise Invalid("csv must be a text.", [FieldError("csv", "must be a text")])
        return text.encode("utf-8", "surrogatepass")
    table = bytearray()
    async for chunk in _body(request):
        table += chunk
        if len(table) > LONGEST:
            raise TooLarge(f"A table of labels may have at most {LONGEST // 2**20} MiB.")
    return bytes(table)
