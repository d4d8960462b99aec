"""The audit log, for administrators."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from aiohttp import web

from dashboard.auth.audit import AuditFilter, Deed
from dashboard.auth.policy import Action
from dashboard.web.app.app_keys import IDENTITY, PLATFORM, QUERY
from dashboard.web.app.auditing import record
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.rendering import Answer
from dashboard.web.permissions import rows
from dashboard.web.schemas.people import AuditListSchema, AuditQuery
from wire import spreadsheet
from wire.streamed import StreamedAnswer

endpoints = Endpoints("People", "person")
SIZE = 100
COLUMNS = ("id", "time", "user", "via", "address", "deed", "kind", "object", "operation", "detail")


@endpoints.get(
    "/audit",
    "List the audit log, newest first",
    action=Action.CHANGE,
    query=AuditQuery,
    answer=AuditListSchema,
    permission=rows.ADMINISTER,
)
async def audit_log(request: web.Request) -> Answer:
    """Show the audit log to an administrator."""
    wanted = AuditFilter(**request[QUERY])
    rows = await request.app[PLATFORM].audit.list(request[IDENTITY], wanted, SIZE)
    older = rows[-1]["id"] if len(rows) == SIZE else None
    data = {"entries": rows, "older": older, "wanted": request[QUERY], "deeds": list(Deed)}
    return Answer("audit.html", data)


@endpoints.get(
    "/audit.csv",
    "Download the audit log as CSV",
    action=Action.CHANGE,
    query=AuditQuery,
    answer=TEXT,
    answer_type="text/csv",
    permission=rows.ADMINISTER,
)
async def audit_csv(request: web.Request) -> web.StreamResponse:
    """Stream the rows that the filter leaves; cells are safe to open in a spreadsheet."""
    audit, wanted = request.app[PLATFORM].audit, AuditFilter(**request[QUERY])
    blocks = audit.export(request[IDENTITY], wanted)
    # Before the head, so that an error of the filter is answered as one. An empty tuple as the default of
    # `anext` makes CPython 3.11 raise SystemError.
    first = await anext(blocks, None) or ()
    record(request, Deed.DOWNLOADED, "administration", operation="audit_csv", detail="audit log")
    response = StreamedAnswer(headers={"Content-Disposition": 'attachment; filename="audit.csv"'})
    response.content_type, response.charset = "text/csv", "utf-8"
    await response.prepare(request)
    await response.write((",".join(COLUMNS) + "\r\n" + _lines(first)).encode())
    async for block in blocks:
        await response.write(_lines(block).encode())
    await response.write_eof()
    return response


def _lines(rows: Sequence[dict[str, object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows([spreadsheet.cell(str(row[name])) for name in COLUMNS] for row in rows)
    return out.getvalue()
