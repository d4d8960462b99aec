"""Opens the rows of tables of the Virtual Observatory: by their link, by DataLink, or by SODA.

DataLink 1.1: rows of links with semantics, ``#this`` is the dataset itself; a row with ``service_def`` names
a service that is described in the same document. SODA 1.0: ``BAND`` in metres, ``FLUXCALIB`` and ``FORMAT``.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

from dashboard.data.sources.kinds.described import parameter, wavelength
from dashboard.data.sources.kinds.tables import SODA_SYNC, service_extra, small_table
from dashboard.data.sources.record import Fault, FetchError, Record
from dashboard.data.sources.source import Described, SourceContext
from dashboard.data.sources.votable.table import Column, Row, TableHead

LARGEST_LINKS = 16 * 2**20  # bytes of an answer of DataLink
ANGSTROM = 1e-10  # metres
PARAMETERS: tuple[Described, ...] = (
    parameter(
        "label_column",
        "Column of labels",
        "string",
        "Its values are the classes of the spectra. Empty: a column called label, class or spectral_type.",
    ),
    parameter(
        "object_column",
        "Column of objects",
        "string",
        "Its values say which spectra show the same object. Empty: the column of the target's name.",
        group="advanced",
    ),
    parameter(
        "datalink",
        "DataLink",
        "string",
        "auto: followed where the link itself leads there; always: wherever there is one; never: not at all.",
        "auto",
        choices=["auto", "always", "never"],
        group="advanced",
    ),
    parameter(
        "semantics",
        "Semantics",
        "string",
        "Which link of DataLink is fetched.",
        "#this",
        choices=["#this", "#progenitor", "#derivation", "#auxiliary", "#preview", "#calibration"],
        group="advanced",
    ),
    wavelength(
        "cutout_min",
        "Cut-out from",
        "SODA: only this part of each spectrum is fetched. Wavelength in vacuum.",
    ),
    wavelength("cutout_max", "Cut-out to", "SODA: the end of the part. Wavelength in vacuum."),
    parameter(
        "calibration",
        "Flux calibration",
        "string",
        "SODA: FLUXCALIB, such as RELATIVE. Empty: as it is.",
        group="advanced",
    ),
    parameter(
        "soda_format",
        "File format",
        "string",
        "SODA: FORMAT, such as application/fits. Empty: the service's own.",
        group="advanced",
    ),
)
LINK_COLUMN = parameter(
    "link_column",
    "Column of links",
    "string",
    "Empty: found by utype, UCD, or a name such as access_url or acref.",
    group="advanced",
)


class LinkedFiles:
    """Opens records of tables.

    Parameters
    ----------
    context : SourceContext
        Says how links are followed and what SODA is asked for.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._values = context.values

    async def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a record; see `Source.open`."""
        async for block in self._context.stream(await self._resolved(record)):
            yield block

    async def _resolved(self, record: Record) -> str:
        """Return the address of the bytes of a record."""
        extra = record.extra
        if self._asks_soda and extra.get("soda") and extra.get("id"):
            return self._soda(extra["soda"]["url"], extra["soda"]["inputs"], str(extra["id"]))
        links = self._datalink(record)
        if self._asks_soda and not links:
            raise FetchError(Fault.SERVICE, "neither SODA nor DataLink is offered for it")
        if not links:
            return record.address
        return await self._by_datalink(links)

    def _datalink(self, record: Record) -> str:
        """Return the address of the links of a record; empty: none are followed."""
        rule, extra = self._values["datalink"], record.extra
        found = str(extra.get("datalink", ""))
        if not found and extra.get("links") and extra.get("id"):
            asked = {extra["links"]["input"]: str(extra["id"])}
            found = _with(extra["links"]["url"], asked)
        if rule == "never" and not self._asks_soda:
            return ""
        needed = self._asks_soda or rule == "always" or not record.address or found == record.address
        return found if needed else ""

    @property
    def _asks_soda(self) -> bool:
        names = ("cutout_min", "cutout_max", "calibration", "soda_format")
        return any(self._values.get(name) for name in names)

    async def _by_datalink(self, address: str) -> str:
        http = self._context.clients.http
        request = self._context.authorized(address)
        document, final = await http.document(address, most=LARGEST_LINKS, **request)
        rows, head = await small_table(self._context, document)
        links = [_link(head.columns, row) for row in rows]
        if self._asks_soda:
            return self._soda_of(links, head)
        wanted = self._values["semantics"]
        fitting = [one for one in links if _meaning(one) == wanted and one.get("access_url")]
        if fitting:
            return urljoin(final, fitting[0]["access_url"])
        if told := "; ".join(one["error_message"] for one in links if one.get("error_message")):
            raise FetchError(Fault.SERVICE, told[:500])
        there = ", ".join(sorted({_meaning(one) for one in links})) or "none"
        raise FetchError(Fault.NO_LINK, f"DataLink has no {wanted}; there are: {there}")

    def _soda_of(self, links: list[dict[str, str]], head: TableHead) -> str:
        services = {one.id: one for one in head.services}
        for link in links:
            service = services.get(link.get("service_def", ""))
            if service and service.access_url and service.standard.lower().startswith(SODA_SYNC):
                fixed = {each.name: each.value for each in service.inputs if each.name == "ID"}
                identifier = link.get("id") or fixed.get("ID", "")
                return self._soda(service.access_url, [each.name for each in service.inputs], identifier)
        extra = service_extra(head.services)
        if extra.get("soda") and links:
            return self._soda(extra["soda"]["url"], extra["soda"]["inputs"], links[0].get("id", ""))
        raise FetchError(Fault.SERVICE, "DataLink offers no SODA for it")

    def _soda(self, address: str, inputs: list[str], identifier: str) -> str:
        """Return the address that SODA is asked at."""
        values = self._values
        asked: dict[str, str] = {"ID": identifier}
        if values.get("cutout_min") or values.get("cutout_max"):
            low = f"{values['cutout_min'] * ANGSTROM:.10g}" if values.get("cutout_min") else "-Inf"
            high = f"{values['cutout_max'] * ANGSTROM:.10g}" if values.get("cutout_max") else "+Inf"
            asked["BAND"] = f"{low} {high}"
        if values.get("calibration"):
            asked["FLUXCALIB"] = values["calibration"]
        if values.get("soda_format"):
            asked["FORMAT"] = values["soda_format"]
        known = {name.upper() for name in inputs}
        if missing := [name for name in asked if name not in known]:
            raise FetchError(Fault.SERVICE, f"its SODA takes no {', '.join(missing)}")
        return _with(address, asked)


def _with(address: str, asked: Mapping[str, str]) -> str:
    return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}"


def _link(columns: list[Column], row: Row) -> dict[str, str]:
    cells = zip(columns, row, strict=False)
    return {column.name.lower(): value for column, value in cells if value is not None}


def _meaning(link: Mapping[str, Any]) -> str:
    """Return the semantics of a link as ``#this``, however the vocabulary is written before it."""
    return f"#{str(link.get('semantics', '')).rpartition('#')[2].lower()}"
