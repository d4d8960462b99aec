"""Files of a deposit by its DOI: what Zenodo and others that run InvenioRDM say of a record."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from dashboard.data.sources.kinds.described import EXCLUDE, INCLUDE, address, parameter
from dashboard.data.sources.listing.tree import TreeRules, is_odd
from dashboard.data.sources.record import Fault, FetchError, Notice, NoticeKind, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind

DOI = re.compile(r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/\S+)", re.IGNORECASE)
RECORD = re.compile(r"/records?/([A-Za-z0-9-]+)")
LARGEST = 64 * 2**20
PAGE = 1 << 20


class DoiSource:
    """The files of a deposit.

    Parameters
    ----------
    context : SourceContext
        With the DOI, or the address of the record.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """See `Source.records`: the files."""
        del resume
        where = await self._api()
        http = self._context.clients.http
        headers = {"Accept": "application/json"}
        document, final = await http.document(
            where, most=LARGEST, **_joined(self._context.authorized(where), headers)
        )
        told = _object(document)
        files = list(files_of(told, final))
        if not files:
            raise FetchError(Fault.NO_LINK, "the record has no files, or they are restricted")
        rules = TreeRules(
            tuple(self._context.values["include"]), tuple(self._context.values["exclude"]), depth=0
        )
        doi = str(told.get("doi") or "")
        notices = (Notice(NoticeKind.SERVICE, f"DOI {doi}"),) if doi else ()
        yield RecordPage(tuple(one for one in files if rules.lists(one.name)), notices)

    async def _api(self) -> str:
        """Return the address of the record's description."""
        text = str(self._context.values["address"]).strip()
        doi = DOI.fullmatch(text)
        if doi:
            resolver = str(self._context.values["resolver"]).rstrip("/")
            http = self._context.clients.http
            async with http.ask(f"{resolver}/{quote(doi[1], safe='/')}", errors=True) as answer:
                if answer.failure and answer.failure.fault is Fault.NOT_FOUND:
                    raise answer.failure
                text = answer.url
        parts = urlsplit(text)
        if "/api/" in parts.path:
            return text
        found = RECORD.search(parts.path)
        if not found:
            raise FetchError(Fault.ADDRESS, f"{text[:200]} is no record of Zenodo or InvenioRDM")
        return f"{parts.scheme}://{parts.netloc}/api/records/{found[1]}"

    def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; see `Source.open`."""
        return self._context.stream(record.address)


def _joined(request: Mapping[str, Any], headers: Mapping[str, str]) -> dict[str, Any]:
    return {**request, "headers": {**request.get("headers", {}), **headers}}


def _object(document: bytes) -> dict[str, Any]:
    try:
        told = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise FetchError(Fault.TABLE, f"the record is no JSON: {error}") from error
    if not isinstance(told, dict):
        raise FetchError(Fault.TABLE, "the record is no object")
    return told


def files_of(told: Mapping[str, Any], where: str) -> Iterator[Record]:
    """Yield the files of a record's description.

    Parameters
    ----------
    told : mapping
        Of Zenodo (``files`` a list), or of InvenioRDM (``files.entries``, by name).
    where : str
        Its address.

    Yields
    ------
    Record
        With its size; names that no file should have are left out.
    """
    files = told.get("files")
    if isinstance(files, Mapping):
        entries = files.get("entries", {})
        files = list(entries.values()) if isinstance(entries, Mapping) else entries
    for one in files if isinstance(files, list) else []:
        if not isinstance(one, Mapping):
            continue
        name = str(one.get("key") or one.get("filename") or "")
        links = one.get("links")
        links = links if isinstance(links, Mapping) else {}
        link = str(links.get("content") or links.get("self") or links.get("download") or "")
        if any(is_odd(part) for part in name.split("/")):
            continue
        size = one.get("size", one.get("filesize"))
        fallback = f"{where.rstrip('/')}/files/{quote(name, safe='')}/content"
        yield Record(link or fallback, name, size=size if isinstance(size, int) and size >= 0 else None)


KIND = SourceKind(
    name="doi",
    title="Deposit (DOI, Zenodo)",
    help="The files of a record of Zenodo, or of another repository that runs InvenioRDM.",
    parameters=(
        address("A DOI, such as 10.5281/zenodo.1234567, or the address of a record"),
        INCLUDE,
        EXCLUDE,
        parameter(
            "resolver",
            "Resolver",
            "string",
            "What finds the record of a DOI.",
            "https://doi.org",
            group="advanced",
        ),
    ),
    make=DoiSource,
)
