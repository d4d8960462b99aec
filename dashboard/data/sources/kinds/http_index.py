"""Index pages of a web server, with the folders below."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dashboard.data.sources.kinds.described import TREE, address
from dashboard.data.sources.listing.index_page import listing_of
from dashboard.data.sources.listing.tree import Listing, TreeRules, walk
from dashboard.data.sources.record import Fault, FetchError, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind
from dashboard.data.sources.transport.http import origin_of
from dashboard.data.sources.votable.reader import is_html

LARGEST_PAGE = 256 * 2**20  # a page of a million files


class HttpIndexSource:
    """A folder of a web server.

    Parameters
    ----------
    context : SourceContext
        With the address and the rules of the tree.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._root = str(context.values["address"]).strip()

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield the files of the tree; see `Source.records`."""
        del resume
        async for page in walk(self._root, TreeRules.of(self._context.values), self._read):
            yield page

    async def _read(self, address: str) -> Listing:
        request = self._context.authorized(address)
        page, final = await self._context.clients.http.document(address, most=LARGEST_PAGE, **request)
        if origin_of(final) != origin_of(self._root):
            raise FetchError(Fault.ADDRESS, f"it leads to another server: {final[:200]}")
        if not is_html(page[:512]) and b"<a " not in page[:65536].lower():
            raise FetchError(Fault.SERVICE, "it is no index page")
        return listing_of(page, final)

    def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; see `Source.open`."""
        return self._context.stream(record.address)


KIND = SourceKind(
    name="http-index",
    title="Folder of a web server (HTTP index)",
    help="The files that the index pages of nginx, Apache or Python list, with the folders below.",
    parameters=(address("https://example.org/spectra/"), *TREE),
    make=HttpIndexSource,
)
