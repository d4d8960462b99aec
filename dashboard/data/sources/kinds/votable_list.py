"""A VOTable of links, uploaded or at an address, as TOPCAT and many services write it."""

from __future__ import annotations

from collections.abc import AsyncIterator

from dashboard.data.sources.kinds.described import parameter
from dashboard.data.sources.kinds.linked import LINK_COLUMN, PARAMETERS, LinkedFiles
from dashboard.data.sources.kinds.tables import fetch_table, read_lines, table_records
from dashboard.data.sources.record import Fault, FetchError, RecordPage
from dashboard.data.sources.source import SourceKind


class VotableListSource(LinkedFiles):
    """The rows of a VOTable.

    Parameters
    ----------
    context : SourceContext
        With the address, or the list that was uploaded.
    """

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """See `Source.records`: the rows."""
        del resume
        context, address = self._context, str(self._values["address"]).strip()
        if context.uploaded is not None:
            lines, head = await read_lines(context, context.uploaded)
        elif address:
            lines, head = await fetch_table(context, address)
        else:
            raise FetchError(Fault.ADDRESS, "it has neither an address nor an uploaded list")
        async for page in table_records(context, lines, head, address):
            yield page


KIND = SourceKind(
    name="votable",
    title="List of links (VOTable)",
    help="A table whose rows link to spectra, as TOPCAT saves it: by address, or uploaded.",
    parameters=(
        parameter(
            "address", "Address", "string", "https://example.org/list.vot; empty: the list is uploaded."
        ),
        LINK_COLUMN,
        *PARAMETERS,
    ),
    make=VotableListSource,
)
