"""Files by their addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dashboard.data.sources.kinds.described import address
from dashboard.data.sources.record import Fault, FetchError, Record, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind
from dashboard.data.sources.transport.http import host_of
from dashboard.data.sources.votable.columns import name_of

MOST = 10_000


class HttpFileSource:
    """Files that a person names.

    Parameters
    ----------
    context : SourceContext
        With the addresses.
    """

    def __init__(self, context: SourceContext) -> None:
        self._context = context
        self._addresses = str(context.values["address"]).split()

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """See `Source.records`: the files."""
        del resume
        if len(self._addresses) > MOST:
            raise FetchError(Fault.TOO_LARGE, f"{len(self._addresses):,} addresses; use a VOTable list")
        for one in self._addresses:
            host_of(one)
        yield RecordPage(tuple(Record(one, name_of(one)) for one in self._addresses))

    def open(self, record: Record) -> AsyncIterator[bytes]:
        """Yield the bytes of a file; see `Source.open`."""
        return self._context.stream(record.address)


KIND = SourceKind(
    name="http-file",
    title="Files by address (HTTP)",
    help="One or more files or archives of spectra on a web server.",
    parameters=(address("One address a line: https://example.org/spectra/a.fits", format="multiline"),),
    make=HttpFileSource,
)
