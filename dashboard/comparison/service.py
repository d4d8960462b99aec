"""Compares runs that a person may see."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.auth.identity import Identity
from dashboard.base.errors import Invalid, NotFound
from dashboard.base.paging import Page
from dashboard.comparison.changes import (
    Agreement,
    Location,
    Predicted,
    agreement,
    change_json,
    location,
    of_cell,
    predicted_rows,
)
from dashboard.comparison.compared_run import ComparedRun, Matrix, compared_run
from dashboard.data.service import DataService
from dashboard.jobs.job import Job
from dashboard.jobs.store.jobs import JobStore
from dashboard.reports.report import Report
from dashboard.reports.reported_job import (
    ReportedJob,
    original_url,
    originals,
    reported_job,
    sources,
    take,
)

MOST_RUNS = 20
SOURCES_AT_ONCE = 20_000  # rows of one request to the reading process


@dataclass(frozen=True)
class ComparedRuns:
    """The runs of a comparison.

    Attributes
    ----------
    runs
        Those that are compared, in the order that was asked for.
    absent
        Ids of jobs that do not exist (any more), or that the caller may not see.
    left_out
        Ids beyond the first `MOST_RUNS`.
    """

    runs: tuple[ComparedRun, ...]
    absent: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True)
class ChangedSpectra:
    """One page of the spectra that two runs predict differently, and the counts of `changes.Agreement`."""

    first: ComparedRun
    second: ComparedRun
    matrix: Matrix
    agreement: Agreement
    page: Page[dict[str, Any]]


class ComparisonService:
    """Compares runs.

    Parameters
    ----------
    jobs : JobStore
        The jobs.
    data : DataService
        Their datasets.
    headline : callable
        Returns the metrics that a module declares as most telling.
    """

    def __init__(self, jobs: JobStore, data: DataService, headline: Callable[[str], Sequence[str]]) -> None:
        self._jobs = jobs
        self._data = data
        self._headline = headline

    async def runs(self, jobs: Sequence[str], identity: Identity) -> ComparedRuns:
        """Return runs to compare; those that are not there are named, not an error.

        Parameters
        ----------
        jobs : sequence of str
            Their ids; repeated ones count once.
        identity : Identity
            Who asks.

        Returns
        -------
        ComparedRuns
            At most `MOST_RUNS` of them.
        """
        wanted = [*dict.fromkeys(jobs)]
        found, absent = [], []
        for job in wanted[:MOST_RUNS]:
            try:
                found.append(await self._run(await self._jobs.get(job, identity)))
            except NotFound:
                absent.append(job)
        return ComparedRuns(tuple(found), tuple(absent), tuple(wanted[MOST_RUNS:]))

    async def changes(
        self,
        jobs: tuple[str, str],
        view: str,
        cell: tuple[str, str],
        identity: Identity,
        *,
        page: int,
        size: int,
    ) -> ChangedSpectra:
        """Return the spectra that two runs predict differently.

        Parameters
        ----------
        jobs : tuple of str
            The first run and the second.
        view : str
            Id of the confusion matrix, in both reports.
        cell : tuple of str
            True and predicted class of the changes; an empty one stands for all.
        identity : Identity
            Who asks; must be allowed to read both jobs.
        page, size : int
            Page from 1, and spectra on a page.

        Returns
        -------
        ChangedSpectra
            One page of them.

        Raises
        ------
        NotFound
            If a job, its report, its matrix or its prepared spectra are not there.
        Invalid
            If a file of a report cannot be used, or the runs predicted too many spectra.
        """
        first, second = [await reported_job(self._jobs, self._data, job, identity) for job in jobs]
        runs = await self._run(first.job), await self._run(second.job)
        before, at = await self._predicted(first, _matrix(runs[0], view))
        after, there = await self._predicted(second, _matrix(runs[1], view))
        found = agreement(before, after, at, there)
        wanted = of_cell(found.changes, *cell)
        start = (page - 1) * size
        shown = wanted[start : start + size]
        told = await self._told(second, [one.second_row for one in shown])
        items = [change_json(one, about) for one, about in zip(shown, told, strict=True)]
        return ChangedSpectra(*runs, runs[1].matrices[view], found, Page(items, len(wanted), page, size))

    async def _run(self, job: Job) -> ComparedRun:
        attempts = await self._jobs.attempts(job.id)
        report = Report(self._jobs.out_folder(attempts[-1])) if attempts else None
        return await asyncio.to_thread(compared_run, job, report, self._headline(job.module))

    async def _predicted(self, reported: ReportedJob, matrix: Matrix) -> tuple[Predicted, list[Location]]:
        found = await asyncio.to_thread(predicted_rows, Report(reported.out), matrix)
        rows = found.rows.tolist()
        places: list[Location] = []
        for start in range(0, len(rows), SOURCES_AT_ONCE):
            some = rows[start : start + SOURCES_AT_ONCE]
            places += [location(one) for one in await sources(self._data, reported, some)]
        return found, places

    async def _told(self, reported: ReportedJob, rows: Sequence[int]) -> list[dict[str, Any]]:
        """Return name and address of the original of some rows."""
        if not rows:
            return []
        batch = await take(self._data, reported, rows)
        there = await originals(self._data, reported, batch.sources, rows)
        return [
            {"name": name, "url": original_url(reported, original)}
            for name, original in zip(batch.names, there, strict=True)
        ]


def _matrix(run: ComparedRun, view: str) -> Matrix:
    if run.unreadable:
        raise Invalid(run.unreadable)
    matrix = run.matrices.get(view)
    if matrix is None:
        raise NotFound(f"The report of {run.title} has no confusion matrix {view!r}.")
    return matrix
