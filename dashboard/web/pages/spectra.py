"""Spectra of datasets: one with its curve and its file, and many in one plot."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from aiohttp import web

from dashboard.base.errors import Invalid, NotFound
from dashboard.data.curve import Window, curve
from dashboard.data.curves.export import csv_text, votable_text
from dashboard.data.curves.original import Original
from dashboard.data.dataset import Dataset, SpectrumRow, Unreadable
from dashboard.data.ingest.upload_stream import BLOCK
from dashboard.data.service import DataService
from dashboard.web.app.app_keys import PATH, PLATFORM, QUERY
from dashboard.web.app.endpoints import BYTES, OBJECT, Endpoints
from dashboard.web.app.rendering import Answer, json_answer
from dashboard.web.pages.data import asked_dataset, shown_row
from dashboard.web.permissions import rows
from dashboard.web.schemas.curves import ExportQuery, PlotQuery, PlotSchema, WindowQuery
from dashboard.web.vo.identifier import identifier
from spectra import Spectrum
from spectra.inspection.report import provenance_data
from wire.streamed import StreamedAnswer

endpoints = Endpoints("Data", "dataset")
EXPORTS = {
    "csv": (csv_text, "text/csv; charset=utf-8"),
    "vot": (votable_text, "application/x-votable+xml"),
}


@endpoints.get(
    "/data/{dataset}/spectra/{number:\\d+}",
    "Get a spectrum with its curve",
    visitors=True,
    query=WindowQuery,
    answer=OBJECT,
    permission=rows.PUBLIC_READ,
)
async def spectrum(request: web.Request) -> Answer:
    """Show a spectrum.

    Parameters
    ----------
    request : web.Request
        Names the ``dataset`` and the ``number``; its query has the window.

    Returns
    -------
    Answer
        The page with the curve and what the file says about it.

    Raises
    ------
    Invalid
        If the file cannot be read any more.
    NotFound
        If there is no such dataset that the identity may see, or no such spectrum.
    """
    service, found = await asked_dataset(request)
    window = Window(**request[QUERY])
    row = await _row(service, request)
    read = (await service.curves.read(found.id, found.kind, [row]))[0]
    if isinstance(read, Unreadable):
        raise Invalid(f"{row.path} cannot be read any more: {read.reason}.")
    neighbours = await service.rows.numbered(found.id, [row.number - 1, row.number + 1])
    meta = read.meta
    known = {
        "ra": row.ra if meta.ra is None else meta.ra,
        "dec": row.dec if meta.dec is None else meta.dec,
        "unit": meta.unit,
        "frame": meta.frame,
        "extra": dict(meta.extra),
        "provenance": provenance_data(meta.provenance),
    }
    data = {
        "dataset": found.id,
        "did": identifier(request.app[PLATFORM].settings.vo.authority, found.id, row.number),
        "dataset_name": found.name,
        "spectrum": {**shown_row(found, row), **known},
        "curve": await asyncio.to_thread(curve, read, window),
        "previous": row.number - 1 if row.number - 1 in neighbours else None,
        "next": row.number + 1 if row.number + 1 in neighbours else None,
        "file": f"/data/{found.id}/spectra/{row.number}/file",
    }
    return Answer("spectrum.html", data, plots=True)


@endpoints.get(
    "/data/{dataset}/spectra/{number:\\d+}/file",
    "Download the original file of a spectrum",
    visitors=True,
    nameless=True,
    audit=True,
    answer=BYTES,
    answer_type="application/octet-stream",
    permission=rows.PUBLIC_READ,
)
async def spectrum_file(request: web.Request) -> web.StreamResponse:
    """Send a file as a download, whatever its type."""
    service, found = await asked_dataset(request)
    original = await service.originals.of(found.id, await _row(service, request))
    response = StreamedAnswer(
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(original.name, safe='')}",
            "X-Content-Type-Options": "nosniff",
            "Content-Type": "application/octet-stream",
        }
    )
    await _send(request, response, original)
    return response


@endpoints.get(
    "/data/{dataset}/plot",
    "Get the curves of many spectra",
    visitors=True,
    query=PlotQuery,
    answer=PlotSchema,
    permission=rows.PUBLIC_READ,
)
async def plot(request: web.Request) -> web.Response:
    """Return curves."""
    service, found = await asked_dataset(request)
    query = request[QUERY]
    window = Window(query["points"], query["minimum"], query["maximum"])
    numbers = query["numbers"]
    there = await service.rows.numbered(found.id, numbers)
    rows = [there[number] for number in numbers if number in there]
    read = await service.curves.read(found.id, found.kind, rows)
    rejected = [{"number": n, "reason": "there is no such spectrum"} for n in numbers if n not in there]
    rejected += [
        {"number": row.number, "reason": item.reason}
        for row, item in zip(rows, read, strict=True)
        if isinstance(item, Unreadable)
    ]
    good = [(row, item) for row, item in zip(rows, read, strict=True) if not isinstance(item, Unreadable)]
    curves = await asyncio.to_thread(_curves, found, good, window, query)
    return json_answer({"curves": curves, "rejected": rejected})


def _curves(
    found: Dataset, good: Sequence[tuple[SpectrumRow, Spectrum]], window: Window, query: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Return the curves of a plot; thinning hundreds takes a while."""
    curves = []
    for row, item in good:
        shown = shown_row(found, row)
        named = {key: shown[key] for key in ("number", "name", "label", "group", "url")}
        if query["facts"]:
            named["spectrum"] = {**shown, "ra": item.meta.ra, "dec": item.meta.dec}
        curves.append(named | curve(item, window, errors=query["errors"] == "true"))
    return curves


@endpoints.get(
    "/data/{dataset}/export",
    "Download spectra at full resolution: flux, error and mask as in the files, with units",
    visitors=True,
    audit=True,
    query=ExportQuery,
    answer=BYTES,
    answer_type="*/*",
    permission=rows.PUBLIC_READ,
)
async def export(request: web.Request) -> web.StreamResponse:
    """Write spectra into one file; one that cannot be read is an error, lest the file lacks it silently."""
    service, found = await asked_dataset(request)
    query = request[QUERY]
    there = await service.rows.numbered(found.id, query["numbers"])
    if missing := [str(number) for number in query["numbers"] if number not in there]:
        raise NotFound(f"{found.name} has no spectrum {', '.join(missing[:5])}.")
    rows = [there[number] for number in query["numbers"]]
    read = await service.curves.read(found.id, found.kind, rows)
    spectra = [item for item in read if not isinstance(item, Unreadable)]
    for row, item in zip(rows, read, strict=True):
        if isinstance(item, Unreadable):
            raise Invalid(f"{row.path} cannot be read any more: {item.reason}.")
    pieces, kind = EXPORTS[query["format"]]
    name = spectra[0].meta.name if len(spectra) == 1 else found.name
    response = StreamedAnswer(
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.{query['format']}",
            "Content-Type": kind,
        }
    )
    await response.prepare(request)
    texts = pieces(spectra)
    while text := await asyncio.to_thread(next, texts, ""):
        await response.write(text.encode())
    await response.write_eof()
    return response


async def _row(service: DataService, request: web.Request) -> SpectrumRow:
    return await service.rows.get(request[PATH]["dataset"], request[PATH]["number"])


async def _send(request: web.Request, response: web.StreamResponse, original: Original) -> None:
    try:
        try:
            file = original.path.open("rb")
        except OSError as error:
            raise NotFound(f"{original.name} is not there any more.") from error
        with file:
            response.content_length = (await asyncio.to_thread(original.path.stat)).st_size
            await response.prepare(request)
            while block := await asyncio.to_thread(file.read, BLOCK):
                await response.write(block)
            await response.write_eof()
    finally:
        if original.temporary:
            await asyncio.to_thread(original.path.unlink, missing_ok=True)
