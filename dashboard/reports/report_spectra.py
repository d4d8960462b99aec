"""From a mark of a report to the spectra behind it, prepared and original."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
class _Seen:
    """A job's files: where they are, and the dataset that it was given (None when that was deleted)."""

    job: Job
    out: Path
    dataset: Dataset | None


class JobReports:
    """The reports of jobs, with the spectra behind them.

    Parameters
    ----------
    jobs
        Where the jobs are.
    data
        Where their spectra are.
    """

    def __init__(self, jobs: JobStore, data: DataService) -> None:
        self._jobs = jobs
        self._data = data

    async def views(self, job: str) -> list[dict[str, str]]:
        """Return the views of a job, without their data; none before it has reported."""
        attempts = await self._jobs.attempts((await self._jobs.get(job)).id)
        if not attempts:
            return []
        return await asyncio.to_thread(Report(self._jobs.out_folder(attempts[-1])).views)

    async def view(self, job: str, view: str, first: int = 0) -> dict[str, Any]:
        """Return ``{"job", "dataset", "view"}``: a view as the browser draws it."""
        seen = await self._seen(job)
        found = await asyncio.to_thread(Report(seen.out).view, view, first)
        data = found["data"]
        if found["kind"] == "spectra" and isinstance(data.get("rows"), list):
            rows = _numbers(data.pop("rows"))
            data["spectra"] = await self._marked(seen, rows[:SHOWN_SPECTRA], Window(500))
            data["spectra_total"] = data.pop("rows_total", len(rows))
        if found["kind"] == "table":
            data["spectra"] = await self._links(seen, data)
        return {"job": job, "dataset": _id(seen), "view": found}

    async def marked(
        self, job: str, view: str, mark: int, *, page: int, size: int, window: Window
    ) -> dict[str, Any]:
        """Return one page of the spectra behind a mark."""
        seen = await self._seen(job)
        report = Report(seen.out)
        rows, total = await asyncio.to_thread(report.marked, view, mark, page, size)
        prototype = await asyncio.to_thread(report.prototype, view, mark)
        return {
            "job": job,
            "dataset": _id(seen),
            "view": view,
            "mark": mark,
            "title": await asyncio.to_thread(report.title, view, mark),
            **_page(Page(await self._marked(seen, rows, window), total, page, size)),
            "prototype": None if prototype is None else curve_of(*prototype, window),
        }

    async def row(self, job: str, row: int, window: Window) -> dict[str, Any]:
        """Return one row of what the method saw: prepared, and the original if it is still there."""
        seen = await self._seen(job)
        marked = (await self._marked(seen, [row], window))[0]
        original, reason = await self._original(seen, marked["number"], window)
        return {
            "job": job,
            "dataset": _id(seen),
            "spectrum": marked,
            "original": original,
            "reason": reason,
            "previous": row - 1 if row else None,
            "next": row + 1 if await self._has(seen, row + 1) else None,
        }

    async def _seen(self, job: str) -> _Seen:
        found = await self._jobs.get(job)
        attempts = await self._jobs.attempts(job)
        if not attempts:
            raise NotFound(f"The job {job} has not begun: there is no report yet.")
        dataset = None
        if found.dataset is not None:
            dataset = await self._data.find(found.dataset)
        return _Seen(found, self._jobs.out_folder(attempts[-1]), dataset)

    async def _take(self, seen: _Seen, rows: Sequence[int]) -> Batch:
        """Return rows of what the method saw.

        Raises
        ------
        NotFound
            If there is no such row, or nothing was kept of what the method saw.
        """
        size = await asyncio.to_thread(ConfinedFolder(seen.out).size, names.FEATURES)
        path = seen.out / names.FEATURES
        if size is None:
            given = seen.dataset if seen.dataset is not None and seen.dataset.kind is Kind.FEATURES else None
            if given is None:
                raise NotFound(
                    "The job has not written (or no longer has) the prepared spectra, out/features.parquet."
                )
            path = await self._data.feature_file(given.id)
        try:
            return await self._data.curves.take(path, rows)
        except IndexError as error:
            raise NotFound(
                f"What the method saw has no row {rows[0] if len(rows) == 1 else max(rows)}."
            ) from error
        except (FeatureSetError, OSError, ValueError) as error:
            raise Invalid(
                f"The prepared spectra cannot be read: {getattr(error, 'reason', error)}."
            ) from error

    async def _has(self, seen: _Seen, row: int) -> bool:
        try:
            await self._take(seen, [row])
        except NotFound:
            return False
        return True

    async def _originals(
        self, seen: _Seen, sources: Sequence[Source], rows: Sequence[int]
    ) -> list[SpectrumRow | None]:
        """Return where each row is in the dataset, as far as it is there."""
        if seen.dataset is None:
            return [None] * len(sources)
        if seen.dataset.kind is Kind.FEATURES:
            found = await self._data.rows.numbered(seen.dataset.id, rows)
            return [found.get(row) for row in rows]
        locations = [
            SpectrumLocation(dataset_path(source.path), source.hdu, source.row) for source in sources
        ]
        there = await self._data.rows.placed(seen.dataset.id, locations)
        return [there.get(location) for location in locations]

    async def _marked(self, seen: _Seen, rows: Sequence[int], window: Window) -> list[dict[str, Any]]:
        if not rows:
            return []
        batch = await self._take(seen, rows)
        originals = await self._originals(seen, batch.sources, rows)
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
                    "url": self._url(seen, original),
                    "prepared": curve_of(batch.wavelength, batch.flux[index].astype(float), window),
                }
            )
        return marked

    async def _links(self, seen: _Seen, data: Mapping[str, Any]) -> dict[str, Any]:
        """Return, by row number, what a table's column ``spectrum`` points to."""
        try:
            location = [column["name"] for column in data["columns"]].index("spectrum")
            rows = sorted(set(_numbers([row[location] for row in data["rows"]])))[:SHOWN_LINKS]
        except (KeyError, TypeError, ValueError, IndexError):
            return {}
        if not rows:
            return {}
        try:
            batch = await self._take(seen, rows)
        except NotFound:
            return {}
        originals = await self._originals(seen, batch.sources, rows)
        return {
            str(row): {
                "name": batch.names[index],
                "number": None if original is None else original.number,
                "url": self._url(seen, original),
            }
            for index, (row, original) in enumerate(zip(rows, originals, strict=True))
        }

    async def _original(
        self, seen: _Seen, number: int | None, window: Window
    ) -> tuple[dict[str, Any] | None, str | None]:
        if seen.dataset is None:
            return None, "The dataset was deleted; the prepared spectrum was kept with the job."
        if number is None:
            return None, "The dataset does not hold this spectrum any more."
        row = await self._data.rows.get(seen.dataset.id, number)
        read = (await self._data.curves.read(seen.dataset.id, seen.dataset.kind, [row]))[0]
        if isinstance(read, Unreadable):
            return None, f"The original cannot be read: {read.reason}."
        return await asyncio.to_thread(curve, read, window), None

    @staticmethod
    def _url(seen: _Seen, original: SpectrumRow | None) -> str | None:
        if seen.dataset is None or original is None:
            return None
        return f"/data/{seen.dataset.id}/spectra/{original.number}"


def _id(seen: _Seen) -> str | None:
    return None if seen.dataset is None else seen.dataset.id


def _page(page: Page[dict[str, Any]]) -> dict[str, Any]:
    return {"total": page.total, "page": page.page, "size": page.size, "rows": page.items}


def _numbers(values: Sequence[Any]) -> list[int]:
    """Return the row numbers among what a report calls such."""
    return [
        value for value in values if isinstance(value, int) and not isinstance(value, bool) and value >= 0
    ]
