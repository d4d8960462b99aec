"""The spectra of a report: those of a mark, of a row, of a table; prepared and original."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import NotFound
from dashboard.base.paging import Page
from dashboard.data.curve import Window, curve, curve_of
from dashboard.data.dataset import Unreadable
from dashboard.data.service import DataService
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.report import Report
from dashboard.reports.reported_job import ReportedJob, original_url, originals, reported_job, take
from jobfolder.dataset_path import dataset_path

SHOWN_SPECTRA = 50  # of a view `spectra`
SHOWN_LINKS = 1000  # of a column `spectrum` of a table


class JobReports:
    """Reports of jobs with their spectra.

    Parameters
    ----------
    jobs : JobStore
        The jobs.
    data : DataService
        Their datasets.
    """

    def __init__(self, jobs: JobStore, data: DataService) -> None:
        self._jobs = jobs
        self._data = data

    async def views(self, job: str, identity: Identity) -> list[dict[str, str]]:
        """Return the views of a job, without their data; none before it has written a report."""
        attempts = await self._jobs.attempts((await self._jobs.get(job, identity)).id)
        if not attempts:
            return []
        return await asyncio.to_thread(Report(self._jobs.out_folder(attempts[-1])).views)

    async def view(self, job: str, view: str, identity: Identity, first: int = 0) -> dict[str, Any]:
        """Return ``{"job", "dataset", "view"}``: a view as the browser draws it.

        Parameters
        ----------
        job, view : str
            Their ids.
        identity : Identity
            Who asks; must be allowed to read the job.
        first : int
            First component plane.

        Raises
        ------
        NotFound
            If there is no such job or view, or no report yet.
        Invalid
            If a file of the report cannot be used.
        """
        reported = await reported_job(self._jobs, self._data, job, identity)
        found = await asyncio.to_thread(Report(reported.out).view, view, first)
        data = found["data"]
        if found["kind"] == "spectra" and isinstance(data.get("rows"), list):
            rows = _numbers(data.pop("rows"))
            data["spectra"] = await self._spectra_of(reported, rows[:SHOWN_SPECTRA], Window(500))
            data["spectra_total"] = data.pop("rows_total", len(rows))
        if found["kind"] == "table":
            data["spectra"] = await self._links(reported, data)
        return {"job": job, "dataset": _id(reported), "view": found}

    async def spectra_of_mark(
        self, job: str, view: str, mark: int, identity: Identity, *, page: int, size: int, window: Window
    ) -> dict[str, Any]:
        """Return one page of the spectra that belong to a mark.

        Parameters
        ----------
        job, view : str
            Their ids.
        mark : int
            Number of the mark.
        identity : Identity
            Who asks; must be allowed to read the job.
        page, size : int
            Page from 1, and spectra on a page.
        window : Window
            Range and number of points of each curve.

        Raises
        ------
        NotFound
            If there is no such job or view, or the view has no marks.
        Invalid
            If a file of the report cannot be used.
        """
        reported = await reported_job(self._jobs, self._data, job, identity)
        report = Report(reported.out)
        rows, total = await asyncio.to_thread(report.rows_of_mark, view, mark, page, size)
        prototype = await asyncio.to_thread(report.prototype, view, mark)
        return {
            "job": job,
            "dataset": _id(reported),
            "view": view,
            "mark": mark,
            "title": await asyncio.to_thread(report.title, view, mark),
            **_page(Page(await self._spectra_of(reported, rows, window), total, page, size)),
            "prototype": None if prototype is None else curve_of(*prototype, window),
        }

    async def row(self, job: str, row: int, window: Window, identity: Identity) -> dict[str, Any]:
        """Return one row of the method's input: the prepared spectrum, and the original if it still exists.

        Parameters
        ----------
        job : str
            Its id.
        row : int
            Row of the feature set.
        window : Window
            Range and number of points of the curves.
        identity : Identity
            Who asks; must be allowed to read the job.

        Raises
        ------
        NotFound
            If there is no such job or row.
        """
        reported = await reported_job(self._jobs, self._data, job, identity)
        marked = (await self._spectra_of(reported, [row], window))[0]
        original, reason = await self._original(reported, marked["number"], window)
        return {
            "job": job,
            "dataset": _id(reported),
            "spectrum": marked,
            "original": original,
            "reason": reason,
            "previous": row - 1 if row else None,
            "next": row + 1 if await self._has(reported, row + 1) else None,
        }

    async def _has(self, reported: ReportedJob, row: int) -> bool:
        try:
            await take(self._data, reported, [row])
        except NotFound:
            return False
        return True

    async def _spectra_of(
        self, reported: ReportedJob, rows: Sequence[int], window: Window
    ) -> list[dict[str, Any]]:
        if not rows:
            return []
        batch = await take(self._data, reported, rows)
        found = await originals(self._data, reported, batch.sources, rows)
        marked = []
        for index, (row, original) in enumerate(zip(rows, found, strict=True)):
            source = batch.sources[index]
            marked.append(
                {
                    "row": row,
                    "name": batch.names[index],
                    "label": batch.labels[index],
                    "group": batch.groups[index],
                    "path": dataset_path(source.path),
                    "hdu": source.hdu,
                    "number": None if original is None else original.number,
                    "url": original_url(reported, original),
                    "prepared": curve_of(batch.wavelength, batch.flux[index].astype(float), window),
                }
            )
        return marked

    async def _links(self, reported: ReportedJob, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return, by row number, the spectra that the column ``spectrum`` of a table names."""
        try:
            location = [column["name"] for column in data["columns"]].index("spectrum")
            rows = sorted(set(_numbers([row[location] for row in data["rows"]])))[:SHOWN_LINKS]
        except (KeyError, TypeError, ValueError, IndexError):
            return {}
        if not rows:
            return {}
        try:
            batch = await take(self._data, reported, rows)
        except NotFound:
            return {}
        found = await originals(self._data, reported, batch.sources, rows)
        return {
            str(row): {
                "name": batch.names[index],
                "number": None if original is None else original.number,
                "url": original_url(reported, original),
            }
            for index, (row, original) in enumerate(zip(rows, found, strict=True))
        }

    async def _original(
        self, reported: ReportedJob, number: int | None, window: Window
    ) -> tuple[dict[str, Any] | None, str | None]:
        if reported.dataset is None:
            return None, "The dataset was deleted; the job keeps the prepared spectrum."
        if number is None:
            return None, "The dataset does not hold this spectrum any more."
        row = await self._data.rows.get(reported.dataset.id, number)
        read = (await self._data.curves.read(reported.dataset.id, reported.dataset.kind, [row]))[0]
        if isinstance(read, Unreadable):
            return None, f"The original cannot be read: {read.reason}."
        return await asyncio.to_thread(curve, read, window), None


def _id(reported: ReportedJob) -> str | None:
    return None if reported.dataset is None else reported.dataset.id


def _page(page: Page[dict[str, Any]]) -> dict[str, Any]:
    return {"total": page.total, "page": page.page, "size": page.size, "rows": page.items}


def _numbers(values: Sequence[Any]) -> list[int]:
    """Return the values that are row numbers."""
    return [
        value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 0
    ]
