"""The spectra of a report: those of a mark, of a row, of a table; prepared and original."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import Invalid, NotFound
from dashboard.base.paging import Page
from dashboard.base.untrusted_folder import ConfinedFolder
from dashboard.data.curve import Window, curve, curve_of
from dashboard.data.dataset import Dataset, Kind, SpectrumLocation, SpectrumRow, Unreadable
from dashboard.data.service import DataService
from dashboard.jobs.job import Job
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.report import Report
from jobfolder import names
from jobfolder.dataset_path import dataset_path
from spectra import Batch, FeatureSetError, Source

SHOWN_SPECTRA = 50  # of a view `spectra`
SHOWN_LINKS = 1000  # of a column `spectrum` of a table


@dataclass(frozen=True)
class _ReportedJob:
    """A job with its ``out/`` and its dataset (None when the dataset was deleted)."""

    job: Job
    out: Path
    dataset: Dataset | None


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
        reported = await self._reported_job(job, identity)
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
        reported = await self._reported_job(job, identity)
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
        reported = await self._reported_job(job, identity)
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

    async def _reported_job(self, job: str, identity: Identity) -> _ReportedJob:
        found = await self._jobs.get(job, identity)
        attempts = await self._jobs.attempts(job)
        if not attempts:
            raise NotFound(f"The job {job} has not started: there is no report yet.")
        dataset = None
        if found.dataset is not None:
            dataset = await self._data.find(found.dataset, identity)
        return _ReportedJob(found, self._jobs.out_folder(attempts[-1]), dataset)

    async def _take(self, reported: _ReportedJob, rows: Sequence[int]) -> Batch:
        """Return rows of the method's input.

        Raises
        ------
        NotFound
            If there is no such row, or the prepared spectra were not kept.
        """
        size = await asyncio.to_thread(ConfinedFolder(reported.out).size, names.FEATURES)
        path = reported.out / names.FEATURES
        if size is None:
            given = (
                reported.dataset
                if reported.dataset is not None and reported.dataset.kind is Kind.FEATURES
                else None
            )
            if given is None:
                raise NotFound(
                    "The job has not written (or no longer has) the prepared spectra, out/features.parquet."
                )
            path = await self._data.feature_file(given.id)
        try:
            return await self._data.curves.take(path, rows)
        except IndexError as error:
            raise NotFound(
                f"The prepared spectra have no row {rows[0] if len(rows) == 1 else max(rows)}."
            ) from error
        except (FeatureSetError, OSError, ValueError) as error:
            raise Invalid(
                f"The prepared spectra cannot be read: {getattr(error, 'reason', error)}."
            ) from error

    async def _has(self, reported: _ReportedJob, row: int) -> bool:
        try:
            await self._take(reported, [row])
        except NotFound:
            return False
        return True

    async def _originals(
        self, reported: _ReportedJob, sources: Sequence[Source], rows: Sequence[int]
    ) -> list[SpectrumRow | None]:
        """Return the spectrum of the dataset for each row, or None where it does not exist."""
        if reported.dataset is None:
            return [None] * len(sources)
        if reported.dataset.kind is Kind.FEATURES:
            found = await self._data.rows.numbered(reported.dataset.id, rows)
            return [found.get(row) for row in rows]
        locations = [
            SpectrumLocation(dataset_path(source.path), source.hdu, source.row) for source in sources
        ]
        there = await self._data.rows.at_locations(reported.dataset.id, locations)
        return [there.get(location) for location in locations]

    async def _spectra_of(
        self, reported: _ReportedJob, rows: Sequence[int], window: Window
    ) -> list[dict[str, Any]]:
        if not rows:
            return []
        batch = await self._take(reported, rows)
        originals = await self._originals(reported, batch.sources, rows)
        marked = []
        for index, (row, original) in enumerate(zip(rows, originals, strict=True)):
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
                    "url": self._url(reported, original),
                    "prepared": curve_of(batch.wavelength, batch.flux[index].astype(float), window),
                }
            )
        return marked

    async def _links(self, reported: _ReportedJob, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return, by row number, the spectra that the column ``spectrum`` of a table names."""
        try:
            location = [column["name"] for column in data["columns"]].index("spectrum")
            rows = sorted(set(_numbers([row[location] for row in data["rows"]])))[:SHOWN_LINKS]
        except (KeyError, TypeError, ValueError, IndexError):
            return {}
        if not rows:
            return {}
        try:
            batch = await self._take(reported, rows)
        except NotFound:
            return {}
        originals = await self._originals(reported, batch.sources, rows)
        return {
            str(row): {
                "name": batch.names[index],
                "number": None if original is None else original.number,
                "url": self._url(reported, original),
            }
            for index, (row, original) in enumerate(zip(rows, originals, strict=True))
        }

    async def _original(
        self, reported: _ReportedJob, number: int | None, window: Window
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

    @staticmethod
    def _url(reported: _ReportedJob, original: SpectrumRow | None) -> str | None:
        if reported.dataset is None or original is None:
            return None
        return f"/data/{reported.dataset.id}/spectra/{original.number}"


def _id(reported: _ReportedJob) -> str | None:
    return None if reported.dataset is None else reported.dataset.id


def _page(page: Page[dict[str, Any]]) -> dict[str, Any]:
    return {"total": page.total, "page": page.page, "size": page.size, "rows": page.items}


def _numbers(values: Sequence[Any]) -> list[int]:
    """Return the values that are row numbers."""
    return [
        value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 0
    ]
