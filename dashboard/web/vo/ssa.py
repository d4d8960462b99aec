"""Spectra by position, band and target: SSA 1.1, and the same rows as ObsCore 1.1 without TAP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from aiohttp import web

from dashboard.base.errors import Invalid
from dashboard.data.store.observations import Observation
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.permissions import rows
from dashboard.web.snippets.origin import origin_of
from dashboard.web.vo.columns import OBSCORE, SSA, Column, Place
from dashboard.web.vo.query import Query, query_of
from dashboard.web.vo.sent import parameters_of, told
from dashboard.web.vo.votable import (
    AT_ONCE,
    LINKS_ID,
    SODA_ID,
    TYPE,
    end,
    head,
    links_inputs,
    message,
    rows_of,
    service,
    soda_inputs,
    stream,
)
from wire.votable import Field, info, parameter

endpoints = Endpoints("Virtual Observatory", "dataset")
#: What a query may have (SSA 1.1, section 4.1.6: parameters of FORMAT=METADATA).
INPUTS = (
    Field("INPUT:POS", "char", "pos.eq", "deg", "Right ascension and declination, ICRS: 180.0,-30.5"),
    Field("INPUT:SIZE", "double", "phys.angSize;pos", "deg", "Diameter of the circle around POS"),
    Field("INPUT:BAND", "char", "em.wl", "m", "Wavelengths in vacuum: 5e-7/6e-7"),
    Field("INPUT:TIME", "char", "time", "", "Times are not known: a query with one finds nothing"),
    Field("INPUT:FORMAT", "char", "meta.code.mime", "", "votable, fits, csv, all, compliant, metadata"),
    Field("INPUT:TARGETNAME", "char", "meta.id;src", "", "Name of the spectrum or of its object"),
    Field("INPUT:COLLECTION", "char", "meta.id", "", "Id of a dataset"),
    Field("INPUT:MAXREC", "int", "meta.number", "", "The most rows"),
)
COMMON = {
    "visitors": True,
    "nameless": True,
    "answer": TEXT,
    "answer_type": TYPE,
    "permission": rows.PUBLIC_LIST,
}


@endpoints.get("/vo/ssa", "Find spectra by SSA 1.1", **COMMON)
async def ssa(request: web.Request) -> web.StreamResponse:
    """Answer a query; an error is a VOTable, too (SSA 1.1, section 8.10)."""
    return await _answer(request, SSA)


@endpoints.get("/vo/obscore", "Find spectra by the same parameters, as rows of ObsCore 1.1", **COMMON)
async def obscore(request: web.Request) -> web.StreamResponse:
    """Answer a query."""
    return await _answer(request, OBSCORE)


async def _answer(request: web.Request, columns: Sequence[Column]) -> web.StreamResponse:
    try:
        query = query_of(await parameters_of(request))
    except Invalid as error:
        return web.Response(text=message("ERROR", told(error)), content_type=TYPE, charset="utf-8")
    return await stream(request, _document(request, query, columns))


async def _document(request: web.Request, query: Query, columns: Sequence[Column]) -> AsyncIterator[str]:
    platform = request.app[PLATFORM]
    place = Place(origin_of(request), platform.settings.vo.authority, query.media)
    infos = [
        info("QUERY_STATUS", "OK"),
        info("SERVICE_PROTOCOL", "1.1", "SSAP"),
        info("publisher", place.authority),
    ]
    inputs = [parameter(one, "") for one in INPUTS] if query.metadata else []
    yield head(infos, [field for field, _ in columns], inputs)
    count, full, waiting = 0, False, list[Observation]()
    if not query.metadata:
        async for found in platform.data.observations.find(query.wanted, request[IDENTITY]):
            if count >= query.rows:
                full = True
                break
            count += 1
            waiting.append(found)
            if len(waiting) >= AT_ONCE:
                yield _rows(waiting, columns, place)
                waiting.clear()
    yield _rows(waiting, columns, place)
    [did] = [field.identifier for field, _ in columns if field.identifier]
    overflow = [info("QUERY_STATUS", "OVERFLOW", f"There are more than {query.rows} rows.")] if full else []
    services = [
        service("datalink", LINKS_ID, f"{place.origin}/vo/datalink", links_inputs(did)),
        service("soda", SODA_ID, f"{place.origin}/vo/soda", soda_inputs("", ref=did)),
    ]
    yield end(overflow, services)


def _rows(found: Sequence[Observation], columns: Sequence[Column], place: Place) -> str:
    return rows_of([[of(one, place) for _, of in columns] for one in found])
