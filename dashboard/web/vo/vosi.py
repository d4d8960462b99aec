"""What the platform offers to the VO, and whether it is there: VOSI 1.1."""

from __future__ import annotations

from aiohttp import web

from dashboard.web.app.app_keys import PLATFORM
from dashboard.web.app.endpoints import TEXT, Endpoints
from dashboard.web.permissions import rows
from dashboard.web.snippets.origin import origin_of
from dashboard.web.vo.document import XML, XSI, Element, add, named, xml_answer
from dashboard.web.vo.query import DEFAULT_ROWS, MOST_ROWS
from dashboard.web.vo.votable import LINKS_ID, SODA_ID

endpoints = Endpoints("Virtual Observatory", "dataset")
AVAILABLE = named("http://www.ivoa.net/xml/VOSIAvailability/v1.0", "avl")
CAPABLE = named("http://www.ivoa.net/xml/VOSICapabilities/v1.0", "vosi")
for _namespace, _prefix in (
    ("http://www.ivoa.net/xml/VODataService/v1.1", "vs"),
    ("http://www.ivoa.net/xml/SSA/v1.1", "ssap"),
):
    named(_namespace, _prefix)
OTHERS = {
    "ivo://ivoa.net/std/VOSI#capabilities": "/vo/capabilities",
    "ivo://ivoa.net/std/VOSI#availability": "/vo/availability",
    LINKS_ID: "/vo/datalink",
    SODA_ID: "/vo/soda",
}
COMMON = {"public": True, "answer": TEXT, "answer_type": XML, "permission": rows.OPEN}


@endpoints.get("/vo/availability", "Say whether the services of the VO are there (VOSI 1.1)", **COMMON)
async def availability(request: web.Request) -> web.Response:
    """Answer that they are, and what maintenance says."""
    root = Element(f"{AVAILABLE}availability")
    add(root, f"{AVAILABLE}available", "true")
    mode = await request.app[PLATFORM].maintenance.mode()
    if mode is not None:
        add(root, f"{AVAILABLE}note", mode.error().detail)
    return xml_answer(root)


@endpoints.get("/vo/capabilities", "Say which services of the VO there are (VOSI 1.1)", **COMMON)
async def capabilities(request: web.Request) -> web.Response:
    """Answer the services; the job lists of modules are at ``/uws/MODULE``."""
    origin = origin_of(request)
    root = Element(f"{CAPABLE}capabilities")
    for standard, path in OTHERS.items():
        _interface(add(root, "capability", standardID=standard), f"{origin}{path}")
    found = add(root, "capability", standardID="ivo://ivoa.net/std/SSA")
    found.set(f"{{{XSI}}}type", "ssap:SimpleSpectralAccess")
    found.set("xmlns:ssap", "http://www.ivoa.net/xml/SSA/v1.1")
    _interface(found, f"{origin}/vo/ssa")
    told = {
        "complianceLevel": "query",
        "dataSource": "survey",
        "creationType": "archival",
        "supportedFrame": "ICRS",
        "maxSearchRadius": 180,
        "maxRecords": MOST_ROWS,
        "defaultMaxRecords": DEFAULT_ROWS,
        "maxAperture": 180,
    }
    for name, value in told.items():
        add(found, name, value)
    return xml_answer(root)


def _interface(capability: Element, address: str) -> None:
    interface = add(capability, "interface", role="std")
    interface.set(f"{{{XSI}}}type", "vs:ParamHTTP")
    interface.set("xmlns:vs", "http://www.ivoa.net/xml/VODataService/v1.1")
    add(interface, "accessURL", address, use="base")
