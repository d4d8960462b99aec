"""Table Access (IVOA, TAP 1.1): a query in ADQL whose rows link to spectra, as those of ObsCore do.

An asynchronous query is a job of the service (UWS 1.1): its address is the resume token, so that a list that
was interrupted waits for the same job and asks nothing twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from urllib.parse import urljoin

from dashboard.data.sources.kinds.described import address, parameter
from dashboard.data.sources.kinds.linked import LINK_COLUMN, PARAMETERS, LinkedFiles
from dashboard.data.sources.kinds.tables import fetch_table, small_table, table_records
from dashboard.data.sources.record import Fault, FetchError, RecordPage
from dashboard.data.sources.source import SourceContext, SourceKind

LONGEST_S = 6 * 3600.0  # that a service may take for a query
FIRST_LOOK_S, LAST_LOOK_S = 0.2, 15.0
SMALL = 1 << 20
WAITS = frozenset({"PENDING", "QUEUED", "EXECUTING", "SUSPENDED", "HELD", "UNKNOWN"})
EXAMPLE = (
    "SELECT TOP 1000 * FROM ivoa.obscore WHERE dataproduct_type = 'spectrum' "
    "AND em_min < 6.6e-7 AND em_max > 6.5e-7"
)


class TapSource(LinkedFiles):
    """The rows of a query.

    Parameters
    ----------
    context : SourceContext
        With the address of the service and the query.
    """

    def __init__(self, context: SourceContext) -> None:
        super().__init__(context)
        self._base = str(context.values["address"]).strip().rstrip("/")

    async def records(self, resume: str = "") -> AsyncIterator[RecordPage]:
        """Yield what the query finds; see `Source.records`."""
        if not self._values["asynchronous"]:
            where = f"{self._base}/sync"
            lines, head = await fetch_table(self._context, where, method="POST", data=self._asked())
        else:
            job = resume or await self._submit()
            yield RecordPage((), resume=job)
            await self._finish(job)
            where = f"{job}/results/result"
            lines, head = await fetch_table(self._context, where)
        async for page in table_records(self._context, lines, head, where):
            yield page
        if self._values["asynchronous"]:
            await self._forget(job)

    def _asked(self) -> dict[str, str]:
        asked = {
            "REQUEST": "doQuery",
            "LANG": "ADQL",
            "FORMAT": "votable",
            "QUERY": str(self._values["query"]),
        }
        return asked | ({"MAXREC": str(self._values["maxrec"])} if self._values["maxrec"] else {})

    async def _submit(self) -> str:
        """Create the job and start it; return its address."""
        where, http = f"{self._base}/async", self._context.clients.http
        request = self._context.authorized(where)
        async with http.ask(
            where, method="POST", most_redirects=0, data=self._asked(), errors=True, **request
        ) as answer:
            if answer.failure:
                raise FetchError(Fault.SERVICE, await self._words(await answer.body(SMALL)))
            found = answer.response.headers.get("Location", "")
        if not found:
            raise FetchError(Fault.SERVICE, "it made no job: its answer has no Location")
        job = urljoin(where, found).rstrip("/")
        run = self._context.authorized(job) | {"data": {"PHASE": "RUN"}}
        async with http.ask(f"{job}/phase", method="POST", most_redirects=0, **run) as answer:
            await answer.body(SMALL)
        return job

    async def _finish(self, job: str) -> None:
        """Wait until the job has ended well."""
        http, request = self._context.clients.http, self._context.authorized(job)
        began, pause = time.monotonic(), FIRST_LOOK_S
        while True:
            text, _ = await http.document(f"{job}/phase", most=SMALL, **request)
            phase = text.decode("utf-8", "replace").strip().upper()
            if phase == "COMPLETED":
                return
            if phase not in WAITS:
                raise FetchError(Fault.SERVICE, await self._why(job, phase))
            if time.monotonic() - began > LONGEST_S:
                raise FetchError(Fault.SLOW, f"the query is {phase} after {LONGEST_S / 3600:.0f} hours")
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, LAST_LOOK_S)

    async def _why(self, job: str, phase: str) -> str:
        try:
            http = self._context.clients.http
            found, _ = await http.document(f"{job}/error", most=SMALL, **self._context.authorized(job))
        except FetchError:
            return f"the job of the query is {phase}"
        return await self._words(found)

    async def _words(self, document: bytes) -> str:
        """Return the words of an error, which is a VOTable or text."""
        try:
            await small_table(self._context, document)
        except FetchError as error:
            if error.fault is Fault.SERVICE:
                return error.detail
        return " ".join(document.decode("utf-8", "replace").split())[:2000]

    async def _forget(self, job: str) -> None:
        """Delete the job at the service; that it stays is no error of ours."""
        try:
            request = self._context.authorized(job)
            async with self._context.clients.http.ask(
                job, method="DELETE", most_redirects=0, **request
            ) as answer:
                await answer.body(SMALL)
        except FetchError:
            return


KIND = SourceKind(
    name="tap",
    title="Table service (TAP, ObsCore)",
    help="A query in ADQL; in ObsCore spectra have dataproduct_type = 'spectrum'.",
    parameters=(
        address("The service's base address, such as https://example.org/tap"),
        parameter(
            "query",
            "Query (ADQL)",
            "string",
            "Rows with links: in ObsCore the column access_url.",
            EXAMPLE,
            required=True,
            format="multiline",
        ),
        parameter(
            "maxrec",
            "At most",
            "integer",
            "Rows that the service is asked for.",
            None,
            minimum=1,
            maximum=10_000_000,
        ),
        parameter(
            "asynchronous",
            "As a job of the service",
            "boolean",
            "For queries of more than a minute (UWS).",
            True,
            group="advanced",
        ),
        LINK_COLUMN,
        *PARAMETERS,
    ),
    make=TapSource,
)
