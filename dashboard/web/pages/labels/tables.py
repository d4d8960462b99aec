"""Labels as files: export and import."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from urllib.parse import quote

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.data.ingest.label_service import text_of
from dashboard.data.ingest.upload_stream import BLOCK, TooLarge
from dashboard.labels import export
from dashboard.labels.export import Dialect
from dashboard.labels.importing import import_table
from dashboard.labels.table import LONGEST
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, TEXT, Endpoints
from dashboard.web.app.rendering import json_answer
from dashboard.web.app.requests import json_body, require_identity_encoding
from dashboard.web.permissions import rows
from dashboard.web.schemas.data import LabelTableSchema
from dashboard.web.schemas.labels.answers import ImportedSchema
from dashboard.web.schemas.labels.requests import LabelExportQuery, LabelImportQuery
from dashboard.web.schemas.schema import load
from wire.streamed import StreamedAnswer

endpoints = Endpoints("Labels", "label_set")
REJECTED_SHOWN = 50


@endpoints.get(
    "/label-sets/{label_set}/export",
    "Download labels as CSV or VOTable",
    audit=True,
    query=LabelExportQuery,
    answer=BYTES,
    answer_type="*/*",
    permission=rows.READ,
)
async def export_labels(request: web.Request) -> web.StreamResponse:
    """Write labels into a file."""
    platform, query = request.app[PLATFORM], request[QUERY]
    found = await platform.labels.get(request.match_info["label_set"], request[IDENTITY])
    as_votable = query["format"] == "vot"
    response = StreamedAnswer(
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.name, safe='')}"
            f"{'' if as_votable else '-' + query['dialect']}.{query['format']}",
            "Content-Type": "application/x-votable+xml" if as_votable else "text/csv; charset=utf-8",
        }
    )
    await response.prepare(request)
    async for piece in _pieces(request, found.id, "vot" if as_votable else query["dialect"]):
        await response.write(piece.encode("utf-8", "backslashreplace"))
    await response.write_eof()
    return response


async def _pieces(request: web.Request, label_set: str, form: str) -> AsyncIterator[str]:
    """Yield a table of labels in pieces."""
    platform = request.app[PLATFORM]
    if form == Dialect.LOG:
        yield ",".join(export.LOG) + "\r\n"
        async for events in platform.labels.log.read(label_set):
            yield _joined(list(export.csv_of(export.log_rows(events), export.LOG))[1:])
        return
    found = await platform.labels.get(label_set, request[IDENTITY])
    told = export.state_rows(await platform.labels.current(label_set, request[IDENTITY]))
    if form == Dialect.ID:
        yield _joined(export.id_lines(told))
    elif form == Dialect.COMMENT:
        dataset = await platform.labels.spectra.dataset(found.dataset)
        last = max((row["row"] for row in told), default=-1) + 1
        yield _joined(export.comment_lines(told, dataset.count if dataset else last))
    elif form == Dialect.ALL:
        yield _joined(export.csv_of(told, export.ALL))
    else:
        info = {"label_set": found.name, "id": found.id, "dataset": found.dataset_name}
        yield _joined(export.votable_of(told, info))


def _joined(lines: Iterable[str]) -> str:
    return "".join(lines)


@endpoints.post(
    "/label-sets/{label_set}/import",
    "Add labels from a CSV table; the same table counts once",
    action=Action.LABEL,
    query=LabelImportQuery,
    body=TEXT,
    body_type="text/csv",
    answer=ImportedSchema,
    permission=rows.LABEL,
)
async def import_labels(request: web.Request) -> web.Response:
    """Add labels from a table."""
    text = await asyncio.to_thread(text_of, await _table(request))
    partial = request[QUERY]["is_partial"] == "true"
    platform, name = request.app[PLATFORM], request.match_info["label_set"]
    done, errors = await import_table(
        platform.labels, platform.data.rows, name, text, request[IDENTITY], partial=partial
    )
    told = {
        "stored": len(done.stored),
        "known": len(done.known),
        "rejected": [error.to_json() for error in errors[:REJECTED_SHOWN]],
        "rejected_count": len(errors),
    }
    return json_answer(told)


async def _table(request: web.Request) -> bytes:
    if request.content_type == "application/json":
        text: str = load(LabelTableSchema(), await json_body(request))["csv"]
        return text.encode("utf-8", "surrogatepass")
    require_identity_encoding(request)
    table = bytearray()
    async for chunk in request.content.iter_chunked(BLOCK):
        table += chunk
        if len(table) > LONGEST:
            raise TooLarge(f"A table of labels may have at most {LONGEST // 2**20} MiB.")
    return bytes(table)
