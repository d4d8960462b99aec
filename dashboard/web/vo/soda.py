"""Processing of one spectrum (SODA 1.0), and its preview."""

from __future__ import annotations

import asyncio
import math
from dataclasses import dataclass

from aiohttp import web

from dashboard.auth.policy import Action
from dashboard.base.errors import NotFound
from dashboard.data.curve import Window, curve
from dashboard.data.curves.processed import CSV, FITS, MOST_POINTS, VOTABLE, Processing, pieces, processed
from dashboard.data.dataset import Kind, Unreadable
from dashboard.data.store.observations import Observation
from dashboard.web.app.app_keys import IDENTITY, PLATFORM
from dashboard.web.app.endpoints import BYTES, TEXT, Endpoints
from dashboard.web.app.requests import FORM
from dashboard.web.permissions import rows
from dashboard.web.vo.document import Element, add, xml_answer
from dashboard.web.vo.identifier import located
from dashboard.web.vo.query import angstrom
from dashboard.web.vo.sent import answers_errors, parameters_of, wrong
from spectra import Spectrum
from wire.streamed import StreamedAnswer

endpoints = Endpoints("Virtual Observatory", "dataset")
MEDIA = {
    "": VOTABLE,
    "votable": VOTABLE,
    VOTABLE: VOTABLE,
    "text/xml": VOTABLE,
    "fits": FITS,
    FITS: FITS,
    "image/fits": FITS,
    "csv": CSV,
    CSV: CSV,
}
ENDING = {VOTABLE: "vot", FITS: "fits", CSV: "csv"}
AT_ONCE = asyncio.Semaphore(4)  # spectra that are processed at once in this process
SVG = "http://www.w3.org/2000/svg"
WIDTH, HEIGHT, DRAWN = 640, 240, 1200


@dataclass(frozen=True)
class Asked:
    """A request of SODA, checked.

    Attributes
    ----------
    identifier : str
        Of the spectrum.
    processing : Processing
        What is done.
    media : str
        Of the file.
    """

    identifier: str
    processing: Processing
    media: str


def asked(sent: dict[str, list[str]]) -> Asked:
    """Return the request of parameters.

    Raises
    ------
    Invalid
        If one is wrong, or there is not exactly one ``ID``.
    """
    single = {"ID", "BAND", "FLUXCALIB", "POINTS", "RESPONSEFORMAT", "FORMAT"}
    for name in sorted(single & sent.keys()):
        if len(sent[name]) > 1:
            raise wrong(name, "may be given once")
    values = {name: sent[name][0].strip() for name in single & sent.keys()}
    if not values.get("ID"):
        raise wrong("ID", "is missing")
    kind = (values.get("RESPONSEFORMAT") or values.get("FORMAT", "")).partition(";")[0].strip().lower()
    if kind not in MEDIA:
        raise wrong("RESPONSEFORMAT", f"must be one of {', '.join(ENDING)}")
    calibration = values.get("FLUXCALIB", "").lower()
    if calibration not in {"", "unnormalized", "normalized"}:
        raise wrong("FLUXCALIB", "must be normalized or unnormalized")
    wanted = Processing(
        _band(values.get("BAND", "")), calibration == "normalized", _points(values.get("POINTS", ""))
    )
    return Asked(values["ID"], wanted, MEDIA[kind])


def _band(text: str) -> tuple[float, float] | None:
    """Return an interval of metres (DALI 1.1, section 3.3.4) in Å; ``-Inf`` and ``+Inf`` are open ends."""
    if not text:
        return None
    try:
        ends = [float(part) for part in text.split()]
    except ValueError:
        ends = []
    if len(ends) != 2 or any(math.isnan(end) for end in ends) or not ends[0] <= ends[1]:
        raise wrong("BAND", "must be two wavelengths in metres, the shorter first, such as 5e-7 6e-7")
    if ends[0] == math.inf or ends[1] <= 0:
        raise wrong("BAND", "must have positive wavelengths")
    low, high = (angstrom(end) for end in ends)
    return low, high


def _points(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or not 2 <= int(text[:12]) <= MOST_POINTS:
        raise wrong("POINTS", f"must be a whole number from 2 to {MOST_POINTS}")
    return int(text)


@endpoints.get(
    "/vo/soda",
    "Get a spectrum by SODA 1.0: cut out, divided by its continuum, resampled, as VOTable, FITS or CSV",
    visitors=True,
    nameless=True,
    audit=True,
    answer=BYTES,
    answer_type="*/*",
    permission=rows.SHOWN,
)
@answers_errors
async def soda(request: web.Request) -> web.StreamResponse:
    """Answer a processed spectrum."""
    return await _answer(request)


@endpoints.post(
    "/vo/soda",
    "Get a spectrum by SODA 1.0, by a form",
    visitors=True,
    nameless=True,
    audit=True,
    action=Action.READ,
    body=TEXT,
    body_type=FORM,
    answer=BYTES,
    answer_type="*/*",
    permission=rows.SHOWN,
)
@answers_errors
async def soda_by_form(request: web.Request) -> web.StreamResponse:
    """Answer a processed spectrum."""
    return await _answer(request)


@endpoints.get(
    "/vo/preview",
    "Get a plot of a spectrum as SVG",
    visitors=True,
    nameless=True,
    answer=TEXT,
    answer_type="image/svg+xml",
    permission=rows.SHOWN,
)
@answers_errors
async def spectrum_preview(request: web.Request) -> web.StreamResponse:
    """Draw a spectrum."""
    wanted = asked(await parameters_of(request))
    found, spectrum = await read(request, wanted.identifier)
    drawn = await asyncio.to_thread(curve, spectrum, Window(DRAWN), errors=False)
    return xml_answer(_plot(found.row.name, drawn["x"], drawn["flux"]), content_type="image/svg+xml")


async def _answer(request: web.Request) -> web.StreamResponse:
    wanted = asked(await parameters_of(request))
    async with AT_ONCE:
        _, spectrum = await read(request, wanted.identifier)
        made = await asyncio.to_thread(processed, spectrum, wanted.processing)
    if made is None:
        return web.Response(status=204)  # SODA 1.0, section 4.3: nothing of it is in the band
    headers = {
        "Cache-Control": "no-store",
        "Content-Type": wanted.media,
        "Content-Disposition": f'attachment; filename="spectrum.{ENDING[wanted.media]}"',
    }
    response = StreamedAnswer(headers=headers)
    await response.prepare(request)
    parts = pieces(made, wanted.media)
    while part := await asyncio.to_thread(next, parts, b""):
        await response.write(part)
    await response.write_eof()
    return response


async def read(request: web.Request, identifier: str) -> tuple[Observation, Spectrum]:
    """Return a spectrum by its identifier.

    Parameters
    ----------
    request : web.Request
        Gives the platform and the identity.
    identifier : str
        As the answers of SSA have it.

    Raises
    ------
    NotFound
        If there is none that the identity may see, or its file cannot be read any more.
    """
    platform = request.app[PLATFORM]
    named = located(platform.settings.vo.authority, identifier)
    found = await platform.data.observations.get(*named, request[IDENTITY]) if named else None
    if found is None:
        raise NotFound(f"There is no spectrum {identifier[:200]}.")
    spectrum = (await platform.data.curves.read(found.dataset, Kind.SPECTRA, [found.row]))[0]
    if isinstance(spectrum, Unreadable):
        raise NotFound(f"{identifier[:200]} cannot be read any more: {spectrum.reason}.")
    return found, spectrum


def _plot(name: str, x: list[float], flux: list[float | None]) -> Element:
    """Return a line through the points; where the flux is not known there is a gap."""
    known = [(a, b) for a, b in zip(x, flux, strict=True) if b is not None]
    root = Element(f"{{{SVG}}}svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"})
    add(root, f"{{{SVG}}}title", name)
    if len(known) > 1:
        low, high = min(b for _, b in known), max(b for _, b in known)
        across, up = (WIDTH - 20) / ((known[-1][0] - known[0][0]) or 1), (HEIGHT - 20) / ((high - low) or 1)
        points = " ".join(
            f"{10 + (a - known[0][0]) * across:.1f},{HEIGHT - 10 - (b - low) * up:.1f}" for a, b in known
        )
        add(root, f"{{{SVG}}}polyline", points=points, fill="none", stroke="currentColor")
    return root
