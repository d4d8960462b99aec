"""Folders of a WebDAV server (RFC 4918): Nextcloud, Apache, sabre/dav."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp

from dashboard.data.sources.kinds.described import TREE, address
from dashboard.data.sources.listing.index_page import decoded
from dashboard.data.sources.listing.tree import Entry, Listing, TreeRules, is_odd, walk
from dashboard.data.sources.listing.xml_tree import Element, parse_xml
from dashboard.data.sources.record import Fault, FetchError, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind
from dashboard.data.sources.transport.http import origin_of

LARGEST = 512 * 2**20  # an answer for a folder of a million files
ASKED = (
    b'<?xml version="1.0"?><propfind xmlns="DAV:"><prop><resourcetype/><getcontentlength/></prop></propfind>'
)


class WebdavSource:
    """A folder of a WebDAV server.

    Parameters
    ----------
    context : SourceContext
        With the address, and the rules of the tree.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        root = str(context.values["address"]).strip()
        self._root = root if root.endswith("/") else f"{root}/"
        user, password = context.credentials.get("user", ""), context.credentials.get("password", "")
        # Digest answers a challenge, so that servers that know only Basic never see it.
        self._digest = aiohttp.DigestAuthMiddleware(user, password) if user else None
        self._is_digest = False

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield the files of the tree; see `Source.records`."""
        del resume
        async for page in walk(self._root, TreeRules.of(self._context.values), self._read):
            yield page

    async def _read(self, folder: str) -> Listing:
        request = {"method": "PROPFIND", "data": ASKED, "most_redirects": 0}
        headers = {"Depth": "1", "Content-Type": "application/xml"}
        try:
            document = await self._asked(folder, headers, **request)
        except FetchError as error:
            # Some servers know Digest alone: they do not take Basic, which is sent first.
            if error.fault is not Fault.CREDENTIALS or self._digest is None or self._is_digest:
                raise
            self._is_digest = True
            document = await self._asked(folder, headers, **request)
        return listing_of(parse_xml(document), folder)

    async def _asked(self, address: str, headers: dict[str, str], **request: Any) -> bytes:
        request = self._authorized(address, headers) | request
        async with self._context.clients.http.ask(address, **request) as answer:
            if answer.response.status != 207:
                raise FetchError(Fault.SERVICE, f"it answers PROPFIND with {answer.response.status}")
            return await answer.body(LARGEST)

    def _authorized(self, address: str, headers: dict[str, str]) -> dict[str, Any]:
        if origin_of(address) != origin_of(self._root):
            return {"headers": headers}
        if self._is_digest:
            return {"headers": headers, "middlewares": (self._digest,)}
        basic = self._context.authorized(address).get("headers", {})
        return {"headers": headers | basic}

    async def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; see `Source.open`.

        No redirect is followed: what answers a challenge of Digest must not do so elsewhere.
        """
        http, left = self._context.clients.http, 2
        while left:
            left -= 1
            began, with_digest = False, self._is_digest
            try:
                request = self._authorized(record.address, {})
                async for block in http.stream(record.address, most_redirects=0, **request):
                    began = True
                    yield block
            except FetchError as error:
                # Another record may have found meanwhile that it is Digest.
                again = error.fault is Fault.CREDENTIALS and self._digest is not None and not with_digest
                if began or not again:
                    raise
                self._is_digest = True
            else:
                return


def listing_of(answer: Element, folder: str) -> Listing:
    """Return what an answer to PROPFIND lists.

    Parameters
    ----------
    answer : Element
        ``multistatus``.
    folder : str
        The address that was asked.
    """
    entries: dict[str, Entry] = {}
    odd, own = 0, urlsplit(folder).path
    for response in answer.all("response"):
        path = urlsplit(urljoin(folder, response.first("href"))).path
        below = _below(path, own)
        if not below:
            continue
        name = decoded(below)
        if is_odd(name):
            odd += 1
            continue
        is_folder = any(True for _ in response.all("collection"))
        size = response.first("getcontentlength")
        where = urljoin(folder, path.rstrip("/") + ("/" if is_folder else ""))
        entries[where] = Entry(name, where, is_folder, int(size) if size.isdigit() else None)
    return Listing(folder, tuple(entries.values()), odd)


def _below(path: str, own: str) -> str:
    """Return the part of a path directly below a folder, however both are escaped; empty: it is not."""
    parts, base = path.rstrip("/").split("/"), own.rstrip("/").split("/")
    if len(parts) != len(base) + 1 or [decoded(one) for one in parts[:-1]] != [decoded(one) for one in base]:
        return ""
    return parts[-1]


KIND = SourceKind(
    name="webdav",
    title="Folder of a WebDAV server (Nextcloud)",
    help="The files of a folder and of those below it. Nextcloud: user name and an app password.",
    parameters=(
        address("Nextcloud: https://cloud.example.org/remote.php/dav/files/USER/spectra/"),
        *TREE,
    ),
    make=WebdavSource,
)
