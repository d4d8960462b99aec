"""Makes the list of records of an acquisition."""

from __future__ import annotations

import asyncio
from typing import Any

from dashboard.data.acquisition.acquisition import Acquisition, RecordState, SourceRow
from dashboard.data.acquisition.factory import SourceFactory
from dashboard.data.acquisition.paths import PathBook
from dashboard.data.acquisition.store.records import RecordRows, digest_of
from dashboard.data.sources.record import Fault, Notice, NoticeKind, Record, RecordPage

MOST_NOTICES = 50
LONGEST_TEXT = 1000  # of what a list says of a record


class Lister:
    """Lists records into rows.

    Parameters
    ----------
    factory : SourceFactory
        Makes the source.
    records : RecordRows
        Where the records go.
    most : int
        Records of one list.
    """

    def __init__(self, factory: SourceFactory, records: RecordRows, most: int) -> None:
        self._factory = factory
        self._records = records
        self._most = most

    async def list(self, acquisition: Acquisition, source: SourceRow) -> None:
        """List the records of a source; what an interrupted list left is replaced.

        Parameters
        ----------
        acquisition : Acquisition
            Whose records they are.
        source : SourceRow
            Its source.

        Raises
        ------
        FetchError
            If the list cannot be made.
        """
        await self._records.restart(acquisition.id)
        book, progress = PathBook(), _Progress()
        async with self._factory.open(source, acquisition.id) as opened:
            async for page in opened.records(acquisition.token):
                rows = await asyncio.to_thread(_rows, page, book, progress, self._most)
                if progress.cut:
                    progress.tell(Notice(NoticeKind.LIMIT, f"{self._most:,} records were listed, not more"))
                await self._records.add(acquisition.id, rows, **progress.columns())
                if progress.cut:
                    return


class _Progress:
    """What was listed so far."""

    def __init__(self) -> None:
        self.listed = self.failed = self.expected_bytes = 0
        self.cut = False
        self._notices: list[Notice] = []
        self._token = ""

    def take(self, page: RecordPage) -> None:
        for notice in page.notices:
            self.tell(notice)
        self._token = page.resume or self._token

    def tell(self, notice: Notice) -> None:
        if len(self._notices) < MOST_NOTICES:
            self._notices.append(notice)

    def columns(self) -> dict[str, Any]:
        return {
            "listed": self.listed,
            "failed": self.failed,
            "expected_bytes": self.expected_bytes,
            "notices": [one.to_json() for one in self._notices],
            "token": self._token,
        }


def _rows(page: RecordPage, book: PathBook, progress: _Progress, most: int) -> list[dict[str, Any]]:
    """Return the rows of a page, and count them."""
    progress.take(page)
    rows = []
    for record in page.records:
        if progress.listed == most:
            progress.cut = True
            break
        progress.listed += 1
        row = _row(record, progress.listed, book)
        progress.failed += row["state"] == RecordState.FAILED
        progress.expected_bytes += record.size or 0
        rows.append(row)
    return rows


def _row(record: Record, number: int, book: PathBook) -> dict[str, Any]:
    extra = record.extra
    linked = record.address or (extra.get("id") and ("soda" in extra or "links" in extra))
    return {
        "number": number,
        "address": record.address,
        "digest": digest_of(record.address or str(extra.get("id", ""))),
        "name": _text(record.name),
        "path": book.path(record.name, number),
        "title": _text(record.title),
        "label": _text(record.label),
        "object": _text(record.object),
        "ra": record.ra,
        "dec": record.dec,
        "size": record.size,
        "extra": dict(extra),
        "state": RecordState.LISTED if linked else RecordState.FAILED,
        "fault": "" if linked else Fault.NO_LINK,
        "detail": "" if linked else "its row has no link",
    }


def _text(text: str) -> str:
    """Return a text of a list as a database takes it."""
    plain = text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")
    return plain[:LONGEST_TEXT]
