"""What belongs to a spectrum: DataLink 1.1. One document for any number of identifiers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from dashboard.auth.identity import Identity
from dashboard.auth.policy import Action
from dashboard.data.store.observations import Observation
from dashboard.jobs.job import Job, JobFilter, Phase
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.app.requests import FORM
from dashboard.web.permissions import rows
from dashboard.web.snippets.origin import origin_of
from dashboard.web.vo.columns import Place, Value, metres
from dashboard.web.vo.identifier import located
from dashboard.web.vo.sent import answers_errors, parameters_of
from dashboard.web.vo.votable import (
    LINKS_TYPE,
    SODA_ID,
    TYPE,
    end,
    head,
    rows_of,
    service,
    soda_inputs,
    stream,
)
from wire.votable import Field, info

endpoints = Endpoints("Virtual Observatory", "dataset")
MOST_IDS = 500  # of one request; what follows is not answered, and the answer says so
MOST_PREDICTIONS = 20  # jobs of one dataset
PREDICTIONS = "predictions.vot"
FIELDS = (
    Field("ID", "char", "meta.id;meta.main"),
    Field("access_url", "char", "meta.ref.url"),
    Field("service_def", "char", "meta.ref"),
    Field("error_message", "unicodeChar", "meta.code.error"),
    Field("description", "unicodeChar", "meta.note"),
    Field("semantics", "char", "meta.code"),
    Field("content_type", "char", "meta.code.mime"),
    Field("content_length", "long", "phys.size;meta.file", "byte"),
    Field("content_qualifier", "char", "meta.code"),
    Field("local_semantics", "unicodeChar", "meta.code"),
    Field("link_auth", "char", "meta.code"),
    Field("link_authorized", "boolean", "meta.code"),
)
PRODUCT = "http://www.ivoa.net/rdf/product-type#spectrum"
Row = list[Value]


@endpoints.get(
    "/vo/datalink",
    "Get the links of spectra by DataLink 1.1: files, preview, processing, predictions",
    visitors=True,
    nameless=True,
    answer=TEXT,
    answer_type=TYPE,
    permission=rows.SHOWN,
)
@answers_errors
async def datalink(request: web.Request) -> web.StreamResponse:
    """Answer the links of the identifiers of the query."""
    return await _answer(request)


@endpoints.post(
    "/vo/datalink",
    "Get the links of many spectra by DataLink 1.1",
    visitors=True,
    nameless=True,
    audit=False,
    action=Action.READ,
    body=TEXT,
    body_type=FORM,
    answer=TEXT,
    answer_type=TYPE,
    permission=rows.SHOWN,
)
@answers_errors
async def datalink_of_many(request: web.Request) -> web.StreamResponse:
    """Answer the links of the identifiers of a form."""
    return await _answer(request)


async def _answer(request: web.Request) -> web.StreamResponse:
    identifiers = (await parameters_of(request, most=MOST_IDS * 2)).get("ID", [])
    return await stream(request, _document(request, identifiers), LINKS_TYPE)


async def _document(request: web.Request, identifiers: list[str]) -> AsyncIterator[str]:
    platform, identity = request.app[PLATFORM], request[IDENTITY]
    place = Place(origin_of(request), platform.settings.vo.authority, TYPE)
    yield head([info("QUERY_STATUS", "OK")], FIELDS)
    services: list[str] = []
    predicted: dict[str, list[Job]] = {}
    for number, text in enumerate(identifiers[:MOST_IDS]):
        named = located(place.authority, text)
        found = await platform.data.observations.get(*named, identity) if named else None
        if found is None:
            yield rows_of([_error(text)])
            continue
        if found.dataset not in predicted:
            predicted[found.dataset] = await _predictions(platform, found.dataset, identity)
        name = f"soda{number}"
        yield rows_of([*_links(found, place, name), *_derived(found, place, predicted[found.dataset])])
        inputs = soda_inputs(place.did(found), band=_band(found))
        services.append(service(name, SODA_ID, f"{place.origin}/vo/soda", inputs))
    cut = len(identifiers) > MOST_IDS
    told = f"Only {MOST_IDS} identifiers are answered at once."
    yield end([info("QUERY_STATUS", "OVERFLOW", told)] if cut else [], services)


def _error(text: str) -> Row:
    return [text[:1000], None, None, f"NotFoundFault: {text[:200]}", None, "#this", *[None] * 6]


def _links(found: Observation, place: Place, name: str) -> list[Row]:
    did, row = place.did(found), found.row
    query = urlencode({"ID": did})
    original = f"{place.origin}/data/{quote(found.dataset)}/spectra/{row.number}/file"
    links: list[tuple[str | None, str | None, str, str, str, str | None]] = [
        (place.file(found), None, "The spectrum: wavelength, flux, error", "#this", TYPE, PRODUCT),
        (f"{place.origin}/vo/preview?{query}", None, "A plot", "#preview", "image/svg+xml", None),
        (original, None, "The original file", "#progenitor", "application/octet-stream", None),
        (None, name, "Cut-out, normalisation, resampling, other formats", "#proc", TYPE, PRODUCT),
    ]
    return [
        [did, address, defined, None, told, meaning, media, None, qualifier, None, "optional", "true"]
        for address, defined, told, meaning, media, qualifier in links
    ]


def _derived(found: Observation, place: Place, jobs: list[Job]) -> list[Row]:
    """Return links to tables of predictions of the dataset, each made by a model."""
    did = place.did(found)
    return [
        [
            did,
            f"{place.origin}/uws/{quote(job.module, safe='')}/{job.id}/results/{PREDICTIONS}",
            None,
            None,
            f"Predictions of the model {job.model} ({job.module} {job.module_version})",
            "#derivation",
            TYPE,
            None,
            None,
            job.module,
            "optional",
            "true",
        ]
        for job in jobs
    ]


async def _predictions(platform: Any, dataset: str, identity: Identity) -> list[Job]:
    wanted = JobFilter(phases=(Phase.COMPLETED,), dataset=dataset)
    page = await platform.jobs.list(wanted, size=200, identity=identity)
    return [job for job in page.items if job.action == "predict"][:MOST_PREDICTIONS]


def _band(found: Observation) -> tuple[float, float] | None:
    low, high = found.row.wavelength_min, found.row.wavelength_max
    return None if low is None or high is None else (metres(low), metres(high))
